# A list of 500,000 numbers filled and read by index.
def main():
    a = []
    for i in range(500000):
        a.append(i * 2)
    total = 0
    for i in range(500000):
        total += a[i]
    return total
