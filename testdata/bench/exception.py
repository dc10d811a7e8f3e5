# 200,000 calls, half of which throw; caught one call further up.
def check(i):
    if i % 2 == 0:
        raise Exception("even")
    return 1


def main():
    caught = 0
    for i in range(200000):
        try:
            check(i)
        except Exception as e:
            caught += 1
    return caught
