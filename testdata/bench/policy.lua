-- A mail-shaped script: 200,000 addresses cut, looked up, matched and counted.
-- Lua patterns have no alternatives: the first word is cut and compared.
local blocked = {["spam.example"] = true, ["bad.example"] = "listed", ["worse.example"] = true}
local domains = {[0] = "example.org", "spam.example", "mail.example.net", "bad.example", "sub.worse.example"}
local count = {ok = 0, blocked = 0, role = 0}
local function is_role(text)
	local word = text:match("^[%w_]+")
	return word == "postmaster" or word == "abuse" or word and word:find("^user1[0-9]$")
end
for i = 0, 199999 do
	local address = string.lower("User" .. i % 100 .. "+Tag@" .. domains[i % 5])
	local at = address:find("@", 1, true)
	local user, domain = address:sub(1, at - 1), address:sub(at + 1)
	if blocked[domain] then
		count.blocked = count.blocked + 1
	elseif is_role(user) then
		count.role = count.role + 1
	else
		count.ok = count.ok + 1
	end
end
return count.ok + 10 * count.blocked + 100 * count.role
