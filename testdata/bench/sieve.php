<?php
// Primes up to 500,000.
return function () {
    $n = 500000;
    $composite = [];
    for ($i = 0; $i <= $n; $i++) {
        $composite[] = false;
    }
    $count = 0;
    for ($i = 2; $i <= $n; $i++) {
        if ($composite[$i]) {
            continue;
        }
        $count++;
        for ($j = $i * $i; $j <= $n; $j += $i) {
            $composite[$j] = true;
        }
    }
    return $count;
};
