-- A list of 500,000 numbers filled and read by index.
local a = {}
for i = 0, 499999 do
	a[#a + 1] = i * 2
end
local sum = 0
for i = 1, 500000 do
	sum = sum + a[i]
end
return sum
