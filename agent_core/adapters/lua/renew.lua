-- The lease again, for whoever still holds it.
-- KEYS: lease, due  ARGV: 1 thread ID, 2 holder, 3 lease in milliseconds
if redis.call('GET', KEYS[1]) ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], time[1] * 1000000 + time[2] + ARGV[3] * 1000, ARGV[1])
return 1
