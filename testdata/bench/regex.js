// A pattern with groups on 200,000 lines of a mail log (1,000 different ones).
function main() {
	const status = ["sent", "deferred", "bounced"];
	const lines = [];
	for (let i = 0; i < 1000; i++) {
		if (i % 4 === 3) {
			lines.push(`Mar  4 10:11:12 mx1 smtpd[${i}]: connect from host${i}.example.net[192.0.2.1]`);
		} else {
			lines.push(`Mar  4 10:11:12 mx1 smtp[${i}]: to=<user${i}@example.org>, delay=0.4, status=${status[i % 3]} (250 2.0.0 Ok)`);
		}
	}
	const re = /to=<([^@>]+)@([^>]+)>, .*status=(\w+)/;
	let matched = 0, size = 0;
	for (let round = 0; round < 200; round++) {
		for (const line of lines) {
			const m = re.exec(line);
			if (m === null) {
				continue;
			}
			matched++;
			size += m[1].length + m[2].length;
			if (m[3] === "sent") {
				size++;
			}
		}
	}
	return size * 1000000 + matched;
}
main();
