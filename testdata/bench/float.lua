-- Floating point: the Mandelbrot set on 160 x 160 points, 50 rounds at most each.
local size = 160
local sum = 0
for y = 0, size - 1 do
	local ci = 2.0 * y / size - 1.0
	for x = 0, size - 1 do
		local cr = 2.0 * x / size - 1.5
		local zr, zi, n = 0.0, 0.0, 0
		while n < 50 and zr * zr + zi * zi <= 4.0 do
			local t = zr * zr - zi * zi + cr
			zi = 2.0 * zr * zi + ci
			zr = t
			n = n + 1
		end
		sum = sum + n
	end
end
return sum
