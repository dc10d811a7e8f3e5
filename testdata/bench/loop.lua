-- Integer arithmetic in a loop of two million rounds.
local sum = 0
for i = 0, 1999999 do
	sum = (sum + i * 3) % 1000003
end
return sum
