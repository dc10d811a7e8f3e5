-- Runs one program twice and prints its checksum and the seconds of the second run.
local main = assert(loadfile(arg[1]))
main()
local start = os.clock()
local sum = main()
print(string.format("%.17g %.6f", sum, os.clock() - start))
