-- A million method calls on an object that counts: a table with a metatable.
-- Lua 5.1 has no &, % 8 is the same here.
local Counter = {}
Counter.__index = Counter
function Counter.new(start) return setmetatable({n = start}, Counter) end
function Counter:add(x) self.n = self.n + x; return self end
function Counter:get() return self.n end

local c = Counter.new(5)
for i = 0, 999999 do
	c:add(i % 8)
end
return c:get()
