-- Runs one program and prints its checksum and the seconds it took.
local main = assert(loadfile(arg[1]))
local start = os.clock()
local sum = main()
print(string.format("%.17g %.6f", sum, os.clock() - start))
