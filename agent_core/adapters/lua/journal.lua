-- A page of the journal with the line before it, whose head the page follows from.
-- KEYS: journal  ARGV: 1 first position (negative: from the end), 2 how many
-- Gives the first position, then the line before it ('' at the beginning), then the page.
local first = tonumber(ARGV[1])
if first < 0 then
  first = math.max(0, redis.call('LLEN', KEYS[1]) + first)
end
local before = first > 0 and redis.call('LINDEX', KEYS[1], first - 1) or ''
local last = first + ARGV[2] - 1
local page = last >= first and redis.call('LRANGE', KEYS[1], first, last) or {}
return {first, before, page}
