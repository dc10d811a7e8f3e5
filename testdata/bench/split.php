<?php
// 40,000 records of 12 fields split, changed and joined again.
return function () {
    $record = "alpha,bravo,charlie,delta,echo,foxtrot,golf,hotel,india,juliett,kilo";
    $sum = 0;
    for ($i = 0; $i < 40000; $i++) {
        $fields = explode(",", $record . "," . $i);
        $fields[2] = $fields[11];
        $sum += count($fields) + strlen(implode("; ", $fields));
    }
    return $sum;
};
