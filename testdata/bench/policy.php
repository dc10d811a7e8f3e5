<?php
// A mail-shaped script: 200,000 addresses cut, looked up, matched and counted.
return function () {
    $blocked = ["spam.example" => true, "bad.example" => "listed", "worse.example" => true];
    $domains = ["example.org", "spam.example", "mail.example.net", "bad.example", "sub.worse.example"];
    $count = ["ok" => 0, "blocked" => 0, "role" => 0];
    for ($i = 0; $i < 200000; $i++) {
        $address = strtolower("User" . $i % 100 . "+Tag@" . $domains[$i % 5]);
        [$local, $domain] = explode("@", $address);
        if ($blocked[$domain] ?? false) {
            $count["blocked"]++;
        } elseif (preg_match('/^(postmaster|abuse|user1[0-9])\b/', $local)) {
            $count["role"]++;
        } else {
            $count["ok"]++;
        }
    }
    return $count["ok"] + 10 * $count["blocked"] + 100 * $count["role"];
};
