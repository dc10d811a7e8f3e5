<?php
// A pattern with groups on 200,000 lines of a mail log (1,000 different ones).
return function () {
    $status = ["sent", "deferred", "bounced"];
    $lines = [];
    for ($i = 0; $i < 1000; $i++) {
        if ($i % 4 == 3) {
            $lines[] = "Mar  4 10:11:12 mx1 smtpd[$i]: connect from host$i.example.net[192.0.2.1]";
        } else {
            $lines[] = "Mar  4 10:11:12 mx1 smtp[$i]: to=<user$i@example.org>, delay=0.4, status=" . $status[$i % 3] . " (250 2.0.0 Ok)";
        }
    }
    $matched = 0;
    $size = 0;
    for ($round = 0; $round < 200; $round++) {
        foreach ($lines as $line) {
            if (!preg_match('/to=<([^@>]+)@([^>]+)>, .*status=(\w+)/', $line, $m)) {
                continue;
            }
            $matched++;
            $size += strlen($m[1]) + strlen($m[2]);
            if ($m[3] == "sent") {
                $size++;
            }
        }
    }
    return $size * 1000000 + $matched;
};
