#!/bin/bash
# lua5.4: tables, strings, closures, coroutines, the collector in both modes.
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$top_srcdir/tests/real/common.sh"

work() {
    cat >work.lua <<'LUA'
local function tree(depth)
    if depth == 0 then return {} end
    return {tree(depth - 1), tree(depth - 1)}
end
local function count(t)
    if not t[1] then return 1 end
    return 1 + count(t[1]) + count(t[2])
end
for _, mode in ipairs {"incremental", "generational"} do
    collectgarbage(mode)
    for depth = 4, 14, 2 do print(mode, depth, count(tree(depth))) end
end
local parts = {}
for i = 1, 20000 do parts[#parts + 1] = string.rep("x", i % 50) .. i end
local text = table.concat(parts, ",")
print(#text, select(2, text:gsub("(%d+)", function(n) return n + 1 end)))
local words = {}
for w in text:gmatch("x*9+") do words[w] = (words[w] or 0) + 1 end
local keys = {}
for k in pairs(words) do keys[#keys + 1] = k end
table.sort(keys)
for i = 1, math.min(20, #keys) do print(keys[i], words[keys[i]]) end
local function producer(n)
    return coroutine.wrap(function()
        for i = 1, n do coroutine.yield({i, tostring(i)}) end
    end)
end
local sum = 0
for _ = 1, 300 do
    for item in producer(50) do sum = sum + item[1] + #item[2] end
end
print("sum", sum)
local weak = setmetatable({}, {__mode = "v"})
for i = 1, 1000 do weak[i] = {i} end
collectgarbage() collectgarbage()
print("weak", #weak)
print(pcall(error, {code = 3} and "an error"))
print(select("#", load("return " .. string.rep("1,", 200) .. "1")()))
print(string.format("%q %5.2f %x", "a\nb", 3.14159, 255))
local ok, message = pcall(string.rep, "x", 1 << 60)
print(ok, message)
print("work done")
os.exit(true, true)
LUA
    under lua5.4 work.lua
    echo "status $?"
    under lua5.4 -e 'error("a failing chunk", 0)'
    echo "status $?"
}

# shellcheck disable=SC2034 # For real_test.
real_modes="bare default medium high"
real_test lua5.4 lua5.4
