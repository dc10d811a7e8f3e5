<?php
// 200,000 calls, half of which throw; caught one call further up.
function check($i) {
    if ($i % 2 == 0) {
        throw new Exception("even");
    }
    return 1;
}
return function () {
    $caught = 0;
    for ($i = 0; $i < 200000; $i++) {
        try {
            check($i);
        } catch (Exception $e) {
            $caught++;
        }
    }
    return $caught;
};
