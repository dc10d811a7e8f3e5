<?php
// array_map and array_filter with closures over 500,000 elements.
return function () {
    $factor = 3;
    $a = array_map(function ($x) use ($factor) { return $x * $factor; }, range(0, 499999));
    $b = array_filter($a, function ($x) { return $x % 2 == 0; });
    return count($b);
};
