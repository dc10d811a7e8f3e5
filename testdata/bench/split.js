// 40,000 records of 12 fields split, changed and joined again.
function main() {
	const record = "alpha,bravo,charlie,delta,echo,foxtrot,golf,hotel,india,juliett,kilo";
	let sum = 0;
	for (let i = 0; i < 40000; i++) {
		const fields = (record + "," + i).split(",");
		fields[2] = fields[11];
		sum += fields.length + fields.join("; ").length;
	}
	return sum;
}
main();
