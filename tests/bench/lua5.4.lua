-- Work for lua: trees, strings, tables, closures and coroutines.
local function tree(depth)
    if depth == 0 then return {} end
    return {tree(depth - 1), tree(depth - 1)}
end
for _ = 1, 12 do tree(14) end
local parts = {}
for i = 1, 200000 do parts[#parts + 1] = ("x"):rep(i % 50) .. i end
local text = table.concat(parts, ",")
local count = select(2, text:gsub("(%d+)", function(n) return n + 1 end))
local words = {}
for w in text:gmatch("x*%d") do words[w] = (words[w] or 0) + 1 end
for i = 1, 20000 do
    local next_value = coroutine.wrap(function()
        for k = 1, 5 do coroutine.yield({i, k}) end
    end)
    next_value()
end
print(count)
