<?php
// A list of 500,000 numbers filled and read by index.
return function () {
    $a = [];
    for ($i = 0; $i < 500000; $i++) {
        $a[] = $i * 2;
    }
    $sum = 0;
    for ($i = 0; $i < 500000; $i++) {
        $sum += $a[$i];
    }
    return $sum;
};
