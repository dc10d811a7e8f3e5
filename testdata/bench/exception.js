// 200,000 calls, half of which throw; caught one call further up.
function check(i) {
	if (i % 2 === 0) {
		throw new Error("even");
	}
	return 1;
}
function main() {
	let caught = 0;
	for (let i = 0; i < 200000; i++) {
		try {
			check(i);
		} catch (e) {
			caught++;
		}
	}
	return caught;
}
main();
