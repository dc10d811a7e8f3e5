-- A pattern with captures on 200,000 lines of a mail log (1,000 different ones).
local status = {[0] = "sent", "deferred", "bounced"}
local lines = {}
for i = 0, 999 do
	if i % 4 == 3 then
		lines[i + 1] = "Mar  4 10:11:12 mx1 smtpd[" .. i .. "]: connect from host" .. i .. ".example.net[192.0.2.1]"
	else
		lines[i + 1] = "Mar  4 10:11:12 mx1 smtp[" .. i .. "]: to=<user" .. i .. "@example.org>, delay=0.4, status=" .. status[i % 3] .. " (250 2.0.0 Ok)"
	end
end
local matched, size = 0, 0
for round = 1, 200 do
	for _, line in ipairs(lines) do
		local user, domain, result = string.match(line, "to=<([^@>]+)@([^>]+)>, .*status=([%w_]+)")
		if user then
			matched = matched + 1
			size = size + #user + #domain
			if result == "sent" then size = size + 1 end
		end
	end
end
return size * 1000000 + matched
