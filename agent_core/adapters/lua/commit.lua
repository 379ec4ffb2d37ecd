-- One transition or several that follow from each other, whole or not at all. Lua has no roll-back: everything is checked first and written last.
-- KEYS: thread, journal, outbox, lease, due, the shard's mark of the emergency stop, and seen where there is a dedupe ID
-- ARGV: 1 thread ID, 2 version and 3 head that it began with ('' where there was no thread), 4 version, 5 checkpoint,
--   6 head, 7 not after ('' for ever), 8 due ('' never), 9 seconds to keep the thread ('' for ever), 10 outcome,
--   11 seconds to keep it, 12 '1' where something begins by it, 13 who takes the lease with it where something is
--   pending and nobody has it ('' nobody), 14 for how many milliseconds, 15 how many lines for the journal, 16 how many
--   effects are settled, then the lines, the settled effects' IDs, and the new effects: ID, bytes, ...
-- Gives why not; or the time, who holds the thread's lease, what take.lua says of a lease that was taken with it or 0,
-- and how many effects are pending.
-- Times are microseconds since 1970; doubles hold them exactly until the year 2255.
local seen = KEYS[7] and redis.call('GET', KEYS[7]) or false
if seen then
  return {'repeated', seen}
end
local stands = redis.call('HMGET', KEYS[1], 'version', 'head')
if (stands[1] or '') ~= ARGV[2] or (stands[2] or '') ~= ARGV[3] then
  return {'lost', ''}
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if ARGV[7] ~= '' and now > tonumber(ARGV[7]) then
  return {'late', ''}
end
if ARGV[12] == '1' then
  local stop = string.match(redis.call('GET', KEYS[6]) or '', '^%d+:(.+)$')
  if stop then
    return {'stopped', stop}
  end
end

local first_settled = 17 + tonumber(ARGV[15])
local length
for at = 17, first_settled - 1 do
  length = redis.call('RPUSH', KEYS[2], ARGV[at])
end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'checkpoint', ARGV[5], 'head', ARGV[6], 'length', length)
local first_new = first_settled + tonumber(ARGV[16])
for at = first_settled, first_new - 1 do
  redis.call('HDEL', KEYS[3], ARGV[at])
end
for at = first_new, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
end
local pending, holder, alone = redis.call('HLEN', KEYS[3]), redis.call('GET', KEYS[4]), 0
if ARGV[13] ~= '' and pending > 0 and not holder then
  local last = redis.call('HGET', KEYS[1], 'drainer')
  holder, alone = ARGV[13], not last and 3 or last == ARGV[13] and 2 or 1
  redis.call('HSET', KEYS[1], 'drainer', holder)
  redis.call('SET', KEYS[4], holder, 'PX', ARGV[14])
end
if pending > 0 then
  -- Pending effects are due at once, but while somebody drains the thread they are his.
  local lease_ms = redis.call('PTTL', KEYS[4])
  redis.call('ZADD', KEYS[5], now + math.max(lease_ms, 0) * 1000, ARGV[1])
elseif ARGV[8] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[8], ARGV[1])
else
  redis.call('ZREM', KEYS[5], ARGV[1])
end
if KEYS[7] then
  redis.call('SET', KEYS[7], ARGV[10], 'EX', ARGV[11])
end
if ARGV[9] ~= '' then
  for at = 1, 3 do
    redis.call('EXPIRE', KEYS[at], ARGV[9])
  end
end
return {'committed', time[1], time[2], holder, alone, pending}
