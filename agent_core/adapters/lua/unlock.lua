-- A lock given back, by whoever still holds it. The line stays.
-- KEYS: lock  ARGV: 1 holder, 2 microseconds after which who has not asked is no longer waited for
-- Gives the thread that is first in the line now, '' where nobody is.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  return ''
end
redis.call('HDEL', KEYS[1], 'holder')
redis.call('PEXPIRE', KEYS[1], ARGV[2] / 1000)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local first, since = '', nil
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  local asked, seen = string.match(fields[at + 1], '^(%d+):(%d+)$')
  asked, seen = tonumber(asked), tonumber(seen)
  if now - seen <= tonumber(ARGV[2]) and (not since or asked < since or (asked == since and fields[at] < first)) then
    first, since = fields[at], asked
  end
end
return string.sub(first, 3)
