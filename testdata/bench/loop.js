// Integer arithmetic in a loop of two million rounds.
function main() {
	let sum = 0;
	for (let i = 0; i < 2000000; i++) {
		sum = (sum + i * 3) % 1000003;
	}
	return sum;
}
main();
