-- The lease of a thread that exists and that nobody else drains; the thread is looked at again when it ends.
-- KEYS: thread, journal, outbox, lease, due  ARGV: 1 thread ID, 2 holder, 3 lease in milliseconds
-- Gives nothing for no lease; else 1, 2 where nobody else has held it since this holder did, or 3 where nobody ever has;
-- then what a look gives: the effects, the time, and the thread.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return false
end
local holder = redis.call('GET', KEYS[4])
if holder and holder ~= ARGV[2] then
  return false
end
local last = redis.call('HGET', KEYS[1], 'drainer')
if last ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'drainer', ARGV[2])
end
local time = redis.call('TIME')
redis.call('SET', KEYS[4], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[5], time[1] * 1000000 + time[2] + ARGV[3] * 1000, ARGV[1])
local alone = not last and 3 or last == ARGV[2] and 2 or 1
local found = redis.call('HMGET', KEYS[1], 'version', 'checkpoint', 'head', 'length')
return {alone, redis.call('HGETALL', KEYS[3]), time[1], time[2], found[1], found[2], found[3], found[4],
  redis.call('LLEN', KEYS[2])}
