# Recursion: 2,692,537 calls.
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def main():
    return fib(30)
