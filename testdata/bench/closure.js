// map and filter with closures over 500,000 elements.
function main() {
	const numbers = [];
	for (let i = 0; i < 500000; i++) {
		numbers.push(i);
	}
	const factor = 3;
	const a = numbers.map((x) => x * factor);
	const b = a.filter((x) => x % 2 === 0);
	return b.length;
}
main();
