<?php
// A text of 5.9 MB built by appending 500,000 times.
return function () {
    $s = "";
    for ($i = 0; $i < 500000; $i++) {
        $s .= "item $i;";
    }
    return strlen($s);
};
