-- 40,000 records of 12 fields split, changed and joined again.
local record = "alpha,bravo,charlie,delta,echo,foxtrot,golf,hotel,india,juliett,kilo"
local function split(s)
	local fields = {}
	for field in string.gmatch(s, "[^,]+") do
		fields[#fields + 1] = field
	end
	return fields
end
local sum = 0
for i = 0, 39999 do
	local fields = split(record .. "," .. i)
	fields[3] = fields[12]
	sum = sum + #fields + #table.concat(fields, "; ")
end
return sum
