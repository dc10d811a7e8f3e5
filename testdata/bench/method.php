<?php
// A million method calls on an object that counts.
class Counter {
    private $n = 0;
    function __construct($start) { $this->n = $start; }
    function add($x) { $this->n += $x; return $this; }
    function get() { return $this->n; }
}
return function () {
    $c = new Counter(5);
    for ($i = 0; $i < 1000000; $i++) {
        $c->add($i & 7);
    }
    return $c->get();
};
