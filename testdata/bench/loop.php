<?php
// Integer arithmetic in a loop of two million rounds.
return function () {
    $sum = 0;
    for ($i = 0; $i < 2000000; $i++) {
        $sum = ($sum + $i * 3) % 1000003;
    }
    return $sum;
};
