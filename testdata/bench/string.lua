-- A text of 5.9 MB built from 500,000 pieces. Lists and concat: appending with ..
-- copies the whole text each time, and gopher-lua joins long lists badly.
local chunks, parts = {}, {}
for i = 0, 499999 do
	parts[#parts + 1] = "item " .. i .. ";"
	if #parts == 1000 then
		chunks[#chunks + 1] = table.concat(parts)
		parts = {}
	end
end
return #(table.concat(chunks) .. table.concat(parts))
