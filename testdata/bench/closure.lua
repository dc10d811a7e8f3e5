-- map and filter with closures over 500,000 elements; both written here, as Lua
-- has none.
local function map(f, t)
	local out = {}
	for i = 1, #t do out[i] = f(t[i]) end
	return out
end
local function filter(f, t)
	local out = {}
	for i = 1, #t do
		if f(t[i]) then out[#out + 1] = t[i] end
	end
	return out
end
local numbers = {}
for i = 0, 499999 do numbers[i + 1] = i end
local factor = 3
local a = map(function(x) return x * factor end, numbers)
local b = filter(function(x) return x % 2 == 0 end, a)
return #b
