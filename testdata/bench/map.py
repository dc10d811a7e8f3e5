# A million text keys inserted and looked up.
def main():
    m = {}
    for i in range(1000000):
        m[f"key{i}"] = i
    total = 0
    for i in range(1000000):
        total += m[f"key{i}"]
    return total
