<?php
// Runs one program and prints its checksum and the seconds it took.
$main = require $argv[1];
$start = hrtime(true);
$sum = $main();
printf("%.17g %.6f\n", $sum, (hrtime(true) - $start) / 1e9);
