<?php
// Runs one program twice and prints its checksum and the seconds of the second run.
$main = require $argv[1];
$main();
$start = hrtime(true);
$sum = $main();
printf("%.17g %.6f\n", $sum, (hrtime(true) - $start) / 1e9);
