-- A lock for whoever is first in its line, if it is free, held by the same thread, or still held by whom it is taken from.
-- KEYS: lock  ARGV: 1 thread, 2 holder (an effect's ID: <thread>/<version>/<nth>), 3 over whom ('' nobody),
--   4 microseconds after which who has not asked leaves the line
-- Gives who holds it now ('' nobody), and 0 or the place in the line.
-- Fields: holder, and for each thread in the line "w:<thread>" = "<first asked>:<last asked>", in microseconds.
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder == ARGV[2] then
  return {holder, 0}
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local mine = 'w:' .. ARGV[1]
local since = tonumber(string.match(redis.call('HGET', KEYS[1], mine) or '', '^(%d+):')) or now
local before = 0
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  local name = fields[at]
  if name ~= 'holder' and name ~= mine then
    local asked, seen = string.match(fields[at + 1], '^(%d+):(%d+)$')
    asked, seen = tonumber(asked), tonumber(seen)
    if now - seen > tonumber(ARGV[4]) then
      redis.call('HDEL', KEYS[1], name)
    elseif asked < since or (asked == since and name < mine) then
      before = before + 1
    end
  end
end
local free = not holder or holder == ARGV[3] or string.match(holder, '^(.*)/%d+/%d+$') == ARGV[1]
if free and before == 0 then
  redis.call('HSET', KEYS[1], 'holder', ARGV[2])
  redis.call('HDEL', KEYS[1], mine)
  redis.call('PERSIST', KEYS[1])
  return {ARGV[2], 0}
end
redis.call('HSET', KEYS[1], mine, string.format('%.0f:%.0f', since, now))
if not holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[4] / 1000)  -- a line of people who never come back
end
return {holder or '', before + 1}
