<?php
// A million text keys inserted and looked up.
return function () {
    $m = [];
    for ($i = 0; $i < 1000000; $i++) {
        $m["key" . $i] = $i;
    }
    $sum = 0;
    for ($i = 0; $i < 1000000; $i++) {
        $sum += $m["key" . $i];
    }
    return $sum;
};
