<?php
// Floating point: the Mandelbrot set on 160 x 160 points, 50 rounds at most each.
return function () {
    $size = 160;
    $sum = 0;
    for ($y = 0; $y < $size; $y++) {
        $ci = 2.0 * $y / $size - 1.0;
        for ($x = 0; $x < $size; $x++) {
            $cr = 2.0 * $x / $size - 1.5;
            $zr = 0.0;
            $zi = 0.0;
            $n = 0;
            while ($n < 50 && $zr * $zr + $zi * $zi <= 4.0) {
                $t = $zr * $zr - $zi * $zi + $cr;
                $zi = 2.0 * $zr * $zi + $ci;
                $zr = $t;
                $n++;
            }
            $sum += $n;
        }
    }
    return $sum;
};
