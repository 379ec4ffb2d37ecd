-- A thread whose bytes could not be read is left alone for some time. Without its lease nobody can give it back sooner.
-- KEYS: lease, due  ARGV: 1 thread ID, 2 seconds
local time = redis.call('TIME')
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[2], (time[1] + ARGV[2]) * 1000000 + time[2], ARGV[1])
return 1
