-- A million text keys inserted and looked up.
local m = {}
for i = 0, 999999 do
	m["key" .. i] = i
end
local sum = 0
for i = 0, 999999 do
	sum = sum + m["key" .. i]
end
return sum
