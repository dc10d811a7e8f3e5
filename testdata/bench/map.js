// A million text keys inserted and looked up.
function main() {
	const m = new Map();
	for (let i = 0; i < 1000000; i++) {
		m.set("key" + i, i);
	}
	let sum = 0;
	for (let i = 0; i < 1000000; i++) {
		sum += m.get("key" + i);
	}
	return sum;
}
main();
