// Floating point: the Mandelbrot set on 160 x 160 points, 50 rounds at most each.
function main() {
	const size = 160;
	let sum = 0;
	for (let y = 0; y < size; y++) {
		const ci = 2.0 * y / size - 1.0;
		for (let x = 0; x < size; x++) {
			const cr = 2.0 * x / size - 1.5;
			let zr = 0.0, zi = 0.0, n = 0;
			while (n < 50 && zr * zr + zi * zi <= 4.0) {
				const t = zr * zr - zi * zi + cr;
				zi = 2.0 * zr * zi + ci;
				zr = t;
				n++;
			}
			sum += n;
		}
	}
	return sum;
}
main();
