# A pattern with groups on 200,000 lines of a mail log (1,000 different ones).
import re


def main():
    status = ["sent", "deferred", "bounced"]
    lines = []
    for i in range(1000):
        if i % 4 == 3:
            lines.append(f"Mar  4 10:11:12 mx1 smtpd[{i}]: connect from host{i}.example.net[192.0.2.1]")
        else:
            lines.append(f"Mar  4 10:11:12 mx1 smtp[{i}]: to=<user{i}@example.org>, delay=0.4, status={status[i % 3]} (250 2.0.0 Ok)")
    pattern = re.compile(r"to=<([^@>]+)@([^>]+)>, .*status=(\w+)")
    matched = size = 0
    for _ in range(200):
        for line in lines:
            m = pattern.search(line)
            if not m:
                continue
            matched += 1
            size += len(m[1]) + len(m[2])
            if m[3] == "sent":
                size += 1
    return size * 1000000 + matched
