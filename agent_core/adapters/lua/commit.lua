-- One transition, whole or not at all. Lua has no roll-back: everything is checked first and written last.
-- KEYS: thread, journal, outbox, lease, due, and seen where there is a dedupe ID
-- ARGV: 1 thread ID, 2 version and 3 head that it began with ('' where there was no thread), 4 version, 5 checkpoint,
--   6 head, 7 journal line, 8 not after ('' for ever), 9 due ('' never), 10 seconds to keep the thread ('' for ever),
--   11 outcome, 12 seconds to keep it, 13 how many effects are settled, their IDs, then new effects: ID, bytes, ...
-- Times are microseconds since 1970; doubles hold them exactly until the year 2255.
local seen = KEYS[6] and redis.call('GET', KEYS[6]) or false
if seen then
  return {'repeated', seen}
end
local stands = redis.call('HMGET', KEYS[1], 'version', 'head')
if (stands[1] or '') ~= ARGV[2] or (stands[2] or '') ~= ARGV[3] then
  return {'lost', ''}
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if ARGV[8] ~= '' and now > tonumber(ARGV[8]) then
  return {'late', ''}
end

local length = redis.call('RPUSH', KEYS[2], ARGV[7])
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'checkpoint', ARGV[5], 'head', ARGV[6], 'length', length)
local first_new = 14 + tonumber(ARGV[13])
for at = 14, first_new - 1 do
  redis.call('HDEL', KEYS[3], ARGV[at])
end
for at = first_new, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
end
if redis.call('EXISTS', KEYS[3]) == 1 then
  -- Pending effects are due at once, but while somebody drains the thread they are his.
  local lease_ms = redis.call('PTTL', KEYS[4])
  redis.call('ZADD', KEYS[5], now + math.max(lease_ms, 0) * 1000, ARGV[1])
elseif ARGV[9] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[9], ARGV[1])
else
  redis.call('ZREM', KEYS[5], ARGV[1])
end
if KEYS[6] then
  redis.call('SET', KEYS[6], ARGV[11], 'EX', ARGV[12])
end
if ARGV[10] ~= '' then
  for at = 1, 3 do
    redis.call('EXPIRE', KEYS[at], ARGV[10])
  end
end
return {'committed', time[1], time[2]}
