package ffi_test

import "testing"

func TestLibc(t *testing.T) {
	check(t, []program{
		{"strlen", `$f = $libc->func("strlen", [$ptr], $u64); $s = FFI::cstring("hello\x00world");
			echo FFI::number($f("hello")); echo FFI::number($f($s)); echo FFI::string($s); echo is_function($f);
			echo array_map(function ($x) { return FFI::number($x); }, array_map($f, ["a", "bcd", ""]));`,
			"5\n5\nhello\ntrue\n[0=>1,1=>3,2=>0]"},
		{"getenv and none", `$get = $libc->func("getenv", [$ptr], $ptr); $set = $libc->func("setenv", [$ptr, $ptr, $s32], $s32);
			$clear = $libc->func("free", [$ptr], $void);
			echo $get("HAWSER_FFI_NOT_SET"); $set("HAWSER_FFI_SET", "yes", 1); echo FFI::string($get("HAWSER_FFI_SET")); echo $clear(none);`,
			"\nyes\n"},
		{"getpid twice", `$f = $libc->func("getpid", [], $s32); echo FFI::number($f()) > 1; echo FFI::number($f()) == FFI::number($f());`, "true\ntrue"},
		{"memcpy", `$f = $libc->func("memcpy", [$ptr, $ptr, $u64], $ptr); $to = FFI::allocate(6);
			$r = $f($to, "a\x00b\x00c", 5); echo pack("a*", FFI::string($to, 6)) == "a\x00b\x00c\x00"; echo FFI::number($r) == FFI::number($to);`,
			"true\ntrue"},
		{"gmtime", `$f = $libc->func("gmtime_r", [$ptr, $ptr], $ptr);
			$at = FFI::cnumber($s64, 1700000000); $tm = FFI::allocate(64); $f(FFI::byref($at), $tm);
			$get = function ($i) closure ($tm, $s32) { return FFI::number(FFI::deref(FFI::offset($tm, $i * 4), $s32)); };
			echo [$get(5) + 1900, $get(4) + 1, $get(3), $get(2), $get(1), $get(0)];
			$back = $libc->func("timegm", [$ptr], $s64); echo FFI::number($back($tm));`,
			"[0=>2023,1=>11,2=>14,3=>22,4=>13,5=>20]\n1700000000"},
		{"qsort", `$n = [5, -3, 99, 0, 7]; $m = FFI::allocate(4 * 5);
			foreach ($n as $i => $x) { FFI::memcpy(FFI::offset($m, $i * 4), pack("V", $x)); }
			$order = FFI::callback([$ptr, $ptr], $s32, function ($a, $b) closure ($s32) {
				return FFI::number(FFI::deref($a, $s32)) - FFI::number(FFI::deref($b, $s32)); });
			$libc->func("qsort", [$ptr, $u64, $u64, $ptr], $void)($m, 5, 4, $order);
			echo unpack("V5", FFI::string($m, 20));`,
			"[0=>4294967293,1=>0,2=>5,3=>7,4=>99]"},
		{"snprintf", `$f = $libc->func("snprintf", [$ptr, $u64, $ptr, $dots], $s32); $b = FFI::allocate(200);
			$n = $f($b, 200, "%d %s %.2f %c %llx|%5.1f", FFI::cnumber($s8, -5), FFI::cstring("x y"), FFI::cnumber($float, 2.5), FFI::cnumber($u8, 65),
				FFI::cnumber($u64, 2 ** 60), FFI::cnumber($double, 9.96));
			echo FFI::string($b); echo FFI::number($n); $f($b, 200, "plain"); echo FFI::string($b);
			$f($b, 200, "%g %g %g %g %g %g %g %g %g %g %d %d %d %d", ...array_map(function ($i) closure ($double) { return FFI::cnumber($double, $i / 2); }, array_range(0, 10)),
				...array_map(function ($i) closure ($s32) { return FFI::cnumber($s32, $i); }, array_range(0, 4)));
			echo FFI::string($b);`,
			"-5 x y 2.50 A 1000000000000000| 10.0\n36\nplain\n0 0.5 1 1.5 2 2.5 3 3.5 4 4.5 0 1 2 3"},
		{"asprintf, attached", `$f = $libc->func("asprintf", [$ptr, $ptr, $dots], $s32); $p = FFI::nullptr();
			echo FFI::number($f(FFI::byref($p), "%s-%s", FFI::cstring("a"), FFI::cstring("b"))); echo FFI::string(FFI::attach($p));`, "3\na-b"},
		{"libm", `echo FFI::number($libm->func("pow", [$double, $double], $double)(2, 10)); echo FFI::number($libm->func("sqrt", [$double], $double)(2)) == 2 ** 0.5;
			echo FFI::number($libm->func("sqrtf", [$float], $float)(6.25)); echo FFI::number($libm->func("ldexp", [$double, $s32], $double)(1.5, 4));`,
			"1024\ntrue\n2.5\n24"},
	})
}

func TestCalls(t *testing.T) {
	check(t, []program{
		{"types there and back", `
			foreach (["s8" => $s8, "u8" => $u8, "s16" => $s16, "u16" => $u16, "s32" => $s32, "u32" => $u32, "s64" => $s64, "u64" => $u64, "f32" => $float, "f64" => $double] as $name => $type) {
				$f = $peer->func($name, [$type], $type);
				echo $name . array_map(function ($x) closure ($f) { return FFI::number($f($x)); }, [-1, 1.75, 300]);
			}
			echo FFI::number($peer->func("s64", [$s64], $s64)(0 - 2 ** 53)); echo FFI::number64($peer->func("u64", [$u64], $u64)(-2));`,
			"s8[0=>-1,1=>1,2=>44]\nu8[0=>255,1=>1,2=>44]\ns16[0=>-1,1=>1,2=>300]\nu16[0=>65535,1=>1,2=>300]\ns32[0=>-1,1=>1,2=>300]\n" +
				"u32[0=>4294967295,1=>1,2=>300]\ns64[0=>-1,1=>1,2=>300]\nu64[0=>18446744073709552000,1=>1,2=>300]\nf32[0=>-1,1=>1.75,2=>300]\nf64[0=>-1,1=>1.75,2=>300]\n" +
				"-9007199254740992\n[0=>4294967295,1=>4294967294]"},
		{"values of other types", `echo FFI::number($peer->func("s64", [$s64], $s64)(FFI::cnumber($s8, -7))); echo FFI::number($peer->func("f64", [$double], $double)(FFI::cnumber($u8, 200)));
			echo FFI::number($peer->func("u8", [$u8], $u8)(FFI::cnumber($double, 258.9)));`, "-7\n200\n2"},
		{"pointers", `$f = $peer->func("ptr", [$ptr], $ptr); echo $f(none); echo $f(FFI::nullptr()); echo FFI::string($f(FFI::cstring("k")));`, "\n\nk"},
		{"many arguments", `echo FFI::number($peer->func("many", [$s8, $double, $s32, $float, $s64, $double, $u8, $float, $s16, $double, $u32, $double, $double, $double, $double, $s64, $float, $u16, $s8, $double],
			$double)(-1, 2, -3, 4, -5, 6, 7, 8, -9, 10, 11, 12, 13, 14, 15, -16, 17, 18, -19, 20));`, "1404"},
		{"variadic", `$f = $peer->func("sum", [$s32, $dots], $double); $args = [];
			echo FFI::number($f(0));
			foreach (array_range(0, 11) as $i) { $args[] = FFI::cnumber($s32, 0 - $i); $args[] = FFI::cnumber($double, $i * 2.5); }
			echo FFI::number($f(11, ...$args));`, "0\n82.5"},
		{"globals", `$c = $peer->symbol("counter"); echo FFI::number(FFI::deref($c, $s32)); $peer->func("bump", [], $void)(); echo FFI::number(FFI::deref($c, $s32));
			echo FFI::string(FFI::deref($peer->symbol("word"))); echo FFI::deref($peer->symbol("nothing")); echo $peer->symbol("gone");`, "41\n42\npeer\n\n"},
		{"structure", `$p = FFI::allocate(32); $peer->func("fill", [$ptr], $void)($p);
			echo FFI::number(FFI::deref($p, $s8)); echo FFI::number(FFI::deref(FFI::offset($p, 8), $double)); echo FFI::number(FFI::deref(FFI::offset($p, 16), $u16));
			echo FFI::string(FFI::deref(FFI::offset($p, 24)));`, "-3\n1.5\n65535\npeer"},
		{"by reference", `$n = FFI::cnumber($s32, 6); $x = FFI::cnumber($double, 1.25); $s = FFI::nullptr();
			$peer->func("out", [$ptr, $ptr, $ptr], $void)(FFI::byref($n), FFI::byref($x), FFI::byref($s));
			echo FFI::number($n); echo FFI::number($x); echo FFI::string($s); echo FFI::number(FFI::deref(FFI::byref($n), $s32));`, "7\n2.5\npeer\n7"},
		{"own and not own", `$p = FFI::allocate(4); $q = FFI::detach($p); echo $p == $q; FFI::memcpy($p, "abc"); echo FFI::string($p);
			$libc->func("free", [$ptr], $void)($p); $w = FFI::deref($peer->symbol("word")); FFI::attach(FFI::detach($w), $peer->func("bump", [$ptr], $void)); FFI::detach($w);
			echo FFI::string(FFI::offset(FFI::cstring("abcdef"), 2), 3); echo FFI::string(FFI::offset(FFI::offset($w, 10), -9));`, "true\nabc\ncde\neer"},
	})
}

func TestMistakes(t *testing.T) {
	check(t, []program{
		{"library", `echo failed(function () { FFI("no-such-library.so"); }); echo failed(function () { FFI("a\x00b"); });`,
			"FFI(): cannot load the library: no-such-library.so: cannot open shared object file: No such file or directory\nFFI(): cannot load the library: name with a NUL"},
		{"symbol", `echo $libc->func("no_such_symbol", [], $void) ?? "none"; echo $libc->symbol("no_such_symbol") ?? "none"; echo $libc->func("strlen\x00", [$ptr], $u64) ?? "none"; echo $libc->func("", [], $void) ?? "none";`,
			"none\nnone\nnone\nnone"},
		{"types of a function", `
			echo failed(function () { FFI::type("int"); }); echo failed(function () closure ($libc, $ptr) { $libc->func("strlen", ["pointer"], $ptr); });
			echo failed(function () closure ($libc, $ptr) { $libc->func("strlen", [$ptr], FFI::nullptr()); });
			echo failed(function () closure ($libc, $void) { $libc->func("strlen", [$void], $void); });
			echo failed(function () closure ($libc, $void, $dots, $ptr) { $libc->func("strlen", [$dots, $ptr], $void); });
			echo failed(function () closure ($libc, $dots) { $libc->func("strlen", [], $dots); });
			echo failed(function () closure ($libc, $ptr) { $libc->func("strlen", array_map(function ($x) closure ($ptr) { return $ptr; }, array_range(0, 25)), $ptr); });
			echo failed(function () closure ($libc, $ptr, $dots) { $libc->func("strlen", [$ptr, $ptr, $ptr, $ptr, $ptr, $ptr, $ptr, $dots], $ptr); });`,
			"FFI::type(): unknown type\nFFI->func(): argument 2 (arguments) must be a list of FFIType, got string\nFFI->func(): argument 3 (returntype) must be FFIType, got FFIValue of pointer\n" +
				"FFI->func(): no argument can be void\nFFI->func(): only the last argument can be ...\nFFI->func(): the return type cannot be ...\n" +
				"FFI->func(): more than 24 arguments are not supported\nFFI->func(): more than 6 arguments before ... are not supported"},
		{"arguments of a call", `$len = $libc->func("strlen", [$ptr], $u64); $abs = $libc->func("abs", [$s32], $s32); $print = $libc->func("printf", [$ptr, $dots], $s32);
			echo failed(function () closure ($len) { $len(); }); echo failed(function () closure ($len) { $len("a", "b"); }); echo failed(function () closure ($len) { $len(5); });
			echo failed(function () closure ($len, $s32) { $len(FFI::cnumber($s32, 1)); }); echo failed(function () closure ($len) { $len([]); });
			echo failed(function () closure ($abs) { $abs("1"); }); echo failed(function () closure ($abs) { $abs(none); }); echo failed(function () closure ($abs) { $abs(FFI::nullptr()); });
			echo failed(function () closure ($abs, $s32) { $abs($s32); }); echo failed(function () closure ($abs) { $abs(10 ** 400); });
			echo failed(function () closure ($abs, $double) { $abs(FFI::cnumber($double, 10 ** 400)); });
			echo failed(function () closure ($print) { $print("%d", 1); }); echo failed(function () closure ($print) { $print("%d", ...array_range(0, 30)); });`,
			"Too few arguments to strlen\nToo many arguments to strlen\nstrlen(): argument 1 must be pointer, got number\nstrlen(): argument 1 must be pointer, got FFIValue of sint32\n" +
				"strlen(): argument 1 must be pointer, got array\nabs(): argument 1 must be sint32, got string\nabs(): argument 1 must be sint32, got none\n" +
				"abs(): argument 1 must be sint32, got FFIValue of pointer\nabs(): argument 1 must be sint32, got FFIType\nabs(): argument 1 must be a finite number\n" +
				"abs(): argument 1 must be a finite number\nprintf(): argument 2 must be FFIValue, got number\nToo many arguments to printf"},
		{"arguments of methods", `$n = FFI::cnumber($s32, 1);
			echo failed(function () closure ($ptr) { FFI::cnumber($ptr, 1); }); echo failed(function () closure ($void) { FFI::cnumber($void, 1); }); echo failed(function () closure ($n) { FFI::cnumber($n, 1); });
			echo failed(function () closure ($s32) { FFI::cnumber($s32, 10 ** 400); }); echo failed(function () { FFI::allocate(-1); }); echo failed(function () { FFI::allocate("4"); });
			echo failed(function () closure ($double) { FFI::allocate(FFI::cnumber($double, 1)); }); echo failed(function () { FFI::allocate(10 ** 400); });
			echo failed(function () closure ($n) { FFI::memcpy($n, "x"); }); echo failed(function () { FFI::memcpy(FFI::nullptr(), "x"); }); echo failed(function () { FFI::deref(FFI::nullptr()); });
			echo failed(function () closure ($n) { FFI::deref($n); }); echo failed(function () closure ($void) { FFI::deref(FFI::allocate(1), $void); }); echo failed(function () { FFI::deref(FFI::allocate(1), FFI::nullptr()); });
			echo failed(function () closure ($n) { FFI::offset($n, 1); }); echo failed(function () { FFI::offset(FFI::nullptr(), 10 ** 400); }); echo failed(function () { FFI::string(FFI::nullptr()); });
			echo failed(function () { FFI::string(FFI::allocate(1), -1); }); echo failed(function () closure ($s32) { FFI::number($s32); }); echo failed(function () closure ($double) { FFI::number64(FFI::cnumber($double, 1)); });
			echo failed(function () closure ($s32) { FFI::byref($s32); }); echo failed(function () closure ($n) { FFI::attach($n); }); echo failed(function () closure ($n) { FFI::detach($n); });
			echo failed(function () { FFI::attach(FFI::nullptr(), function ($x) { }); }); echo failed(function () closure ($libc, $s32) { FFI::attach(FFI::nullptr(), $libc->func("abs", [$s32], $s32)); });
			echo failed(function () closure ($n) { FFI::attach(FFI::nullptr(), $n); });`,
			"FFI::cnumber(): argument 1 (type) must be a type of numbers, got pointer\nFFI::cnumber(): argument 1 (type) must be a type of numbers, got void\nFFI::cnumber(): argument 1 (type) must be FFIType, got FFIValue of sint32\n" +
				"FFI::cnumber(): argument 2 (number) must be a finite number\nFFI::allocate(): argument 1 (size) must not be negative\nFFI::allocate(): argument 1 (size) must be number or FFIValue of an integer type, got string\n" +
				"FFI::allocate(): argument 1 (size) must be number or FFIValue of an integer type, got FFIValue of double\nFFI::allocate(): argument 1 must be a finite number\n" +
				"FFI::memcpy(): argument 1 (pointer) must be FFIValue of pointer, got FFIValue of sint32\nFFI::memcpy(): argument 1 (pointer) must not be NULL\nFFI::deref(): argument 1 (value) must not be NULL\n" +
				"FFI::deref(): argument 1 (value) must be FFIValue of pointer, got FFIValue of sint32\nFFI::deref(): argument 2 (type) must be a type with a size, got void\nFFI::deref(): argument 2 (type) must be FFIType, got FFIValue of pointer\n" +
				"FFI::offset(): argument 1 (pointer) must be FFIValue of pointer, got FFIValue of sint32\nFFI::offset(): argument 2 must be a finite number\nFFI::string(): argument 1 (pointer) must not be NULL\n" +
				"FFI::string(): argument 2 (size) must not be negative\nFFI::number(): argument 1 (value) must be FFIValue, got FFIType\nFFI::number64(): argument 1 (value) must be FFIValue of an integer type, got FFIValue of double\n" +
				"FFI::byref(): argument 1 (value) must be FFIValue, got FFIType\nFFI::attach(): argument 1 (pointer) must be FFIValue of pointer, got FFIValue of sint32\nFFI::detach(): argument 1 (pointer) must be FFIValue of pointer, got FFIValue of sint32\n" +
				"FFI::attach(): argument 2 (destructor) must be FFIFunction, got function\nFFI::attach(): the destructor must take one pointer\nFFI::attach(): argument 2 (destructor) must be FFIFunction, got resource"},
		{"bad addresses", `$bad = FFI::offset(FFI::nullptr(), 64); $far = FFI::offset(FFI::nullptr(), 2 ** 46);
			echo failed(function () closure ($bad) { FFI::string($bad); }); echo failed(function () closure ($far) { FFI::string($far, 10); }); echo failed(function () closure ($far) { FFI::deref($far); });
			echo failed(function () closure ($bad) { FFI::memcpy($bad, "x"); }); echo failed(function () closure ($peer) { FFI::memcpy($peer->symbol("bump"), "x"); }); echo FFI::string($bad, 0) == "";`,
			"FFI::string(): bad address\nFFI::string(): bad address\nFFI::deref(): bad address\nFFI::memcpy(): bad address\nFFI::memcpy(): bad address\ntrue"},
	})
}
