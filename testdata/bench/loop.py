# Integer arithmetic in a loop of two million rounds.
def main():
    total = 0
    for i in range(2000000):
        total = (total + i * 3) % 1000003
    return total
