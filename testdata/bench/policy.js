// A mail-shaped script: 200,000 addresses cut, looked up, matched and counted.
function main() {
	const blocked = { "spam.example": true, "bad.example": "listed", "worse.example": true };
	const domains = ["example.org", "spam.example", "mail.example.net", "bad.example", "sub.worse.example"];
	const count = { ok: 0, blocked: 0, role: 0 };
	const role = /^(postmaster|abuse|user1[0-9])\b/;
	for (let i = 0; i < 200000; i++) {
		const address = ("User" + i % 100 + "+Tag@" + domains[i % 5]).toLowerCase();
		const [local, domain] = address.split("@");
		if (blocked[domain]) {
			count.blocked++;
		} else if (role.test(local)) {
			count.role++;
		} else {
			count.ok++;
		}
	}
	return count.ok + 10 * count.blocked + 100 * count.role;
}
main();
