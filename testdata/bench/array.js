// A list of 500,000 numbers filled and read by index.
function main() {
	const a = [];
	for (let i = 0; i < 500000; i++) {
		a.push(i * 2);
	}
	let sum = 0;
	for (let i = 0; i < 500000; i++) {
		sum += a[i];
	}
	return sum;
}
main();
