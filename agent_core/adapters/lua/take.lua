-- The lease of a thread that exists and that nobody else drains; the thread is looked at again when it ends.
-- KEYS: thread, lease, due  ARGV: 1 thread ID, 2 holder, 3 lease in milliseconds
-- Gives 0 for no lease, 1, or 2 where nobody else has held it since this holder did, or ever.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 0
end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[2] then
  return 0
end
local last = redis.call('HGET', KEYS[1], 'drainer')
if last ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'drainer', ARGV[2])
end
local time = redis.call('TIME')
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[3], time[1] * 1000000 + time[2] + ARGV[3] * 1000, ARGV[1])
return (not last or last == ARGV[2]) and 2 or 1
