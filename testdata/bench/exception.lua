-- 200,000 calls, half of which throw; caught one call further up.
local function check(i)
	if i % 2 == 0 then error({message = "even"}) end
	return 1
end
local caught = 0
for i = 0, 199999 do
	local ok, err = pcall(check, i)
	if not ok then caught = caught + 1 end
end
return caught
