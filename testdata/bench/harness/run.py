"""Runs one program twice and prints its checksum and the seconds of the second run."""
import runpy
import sys
import time

main = runpy.run_path(sys.argv[1])["main"]
main()
start = time.perf_counter()
result = main()
print(result, f"{time.perf_counter() - start:.6f}")
