"""Prints what Python's email package reads in messages: one JSON line a file."""
import email, json, sys


def fields(m):
    out = []
    for name, value in m._headers:
        text = value.encode("ascii", "surrogateescape") if isinstance(value, str) else str(value).encode()
        text = text.replace(b"\r\n", b"").replace(b"\n", b"").strip(b" \t\r")
        out.append([name.lower().strip(), text.decode("latin-1")])
    return out


def part(m):
    multi = m.get_content_maintype() == "multipart" and m.is_multipart()
    node = {"fields": fields(m), "type": m.get_content_type() if m.get("content-type") else "", "parts": [], "body": ""}
    if multi:
        node["parts"] = [part(p) for p in m.get_payload()]
    elif not m.is_multipart():
        node["body"] = (m.get_payload(decode=True) or b"").decode("latin-1")
    else:
        node["nested"] = True
    return node


for path in sys.argv[1:]:
    with open(path, "rb") as f:
        print(json.dumps({"path": path, "root": part(email.message_from_bytes(f.read()))}))
