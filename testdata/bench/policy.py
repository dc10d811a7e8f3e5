# A mail-shaped script: 200,000 addresses cut, looked up, matched and counted.
import re


def main():
    blocked = {"spam.example": True, "bad.example": "listed", "worse.example": True}
    domains = ["example.org", "spam.example", "mail.example.net", "bad.example", "sub.worse.example"]
    count = {"ok": 0, "blocked": 0, "role": 0}
    role = re.compile(r"^(postmaster|abuse|user1[0-9])\b")
    for i in range(200000):
        address = f"User{i % 100}+Tag@{domains[i % 5]}".lower()
        local, domain = address.split("@")
        if blocked.get(domain):
            count["blocked"] += 1
        elif role.search(local):
            count["role"] += 1
        else:
            count["ok"] += 1
    return count["ok"] + 10 * count["blocked"] + 100 * count["role"]
