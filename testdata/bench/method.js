// A million method calls on an object that counts.
class Counter {
	constructor(start) { this.n = start; }
	add(x) { this.n += x; return this; }
	get() { return this.n; }
}
function main() {
	const c = new Counter(5);
	for (let i = 0; i < 1000000; i++) {
		c.add(i & 7);
	}
	return c.get();
}
main();
