# map and filter with closures over 500,000 elements.
def main():
    factor = 3
    a = list(map(lambda x: x * factor, range(500000)))
    b = list(filter(lambda x: x % 2 == 0, a))
    return len(b)
