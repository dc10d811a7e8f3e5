# A text of 5.9 MB built by appending 500,000 times.
def main():
    s = ""
    for i in range(500000):
        s += f"item {i};"
    return len(s)
