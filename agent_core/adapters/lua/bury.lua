-- A tombstone in a thread's place, if it is still as its grave-digger saw it and nobody works on it.
-- KEYS: thread, journal, outbox, lease, due, tombstones
-- ARGV: 1 thread ID, 2 version, 3 head, 4 tombstone (its head, then sealed bytes)
local stands = redis.call('HMGET', KEYS[1], 'version', 'head')
if stands[1] ~= ARGV[2] or stands[2] ~= ARGV[3] then
  return 0
end
if redis.call('EXISTS', KEYS[3], KEYS[4]) ~= 0 then
  return 0
end
redis.call('RPUSH', KEYS[6], ARGV[4])
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[5], ARGV[1])
return 1
