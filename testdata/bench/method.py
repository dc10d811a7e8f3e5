# A million method calls on an object that counts.
class Counter:
    def __init__(self, start):
        self.n = start

    def add(self, x):
        self.n += x
        return self

    def get(self):
        return self.n


def main():
    c = Counter(5)
    for i in range(1000000):
        c.add(i & 7)
    return c.get()
