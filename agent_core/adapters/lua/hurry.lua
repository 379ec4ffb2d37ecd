-- A thread that is to be looked at at once; while somebody drains it, when it is given back.
-- KEYS: thread, lease, due  ARGV: 1 thread ID
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[1], 'hurried', '1')
else
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], 'LT', time[1] * 1000000 + time[2], ARGV[1])
end
return 1
