# Primes up to 500,000.
def main():
    n = 500000
    composite = []
    for i in range(n + 1):
        composite.append(False)
    count = 0
    for i in range(2, n + 1):
        if composite[i]:
            continue
        count += 1
        for j in range(i * i, n + 1, i):
            composite[j] = True
    return count
