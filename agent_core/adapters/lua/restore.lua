-- A thread put back with the journal that was laid ready, whole or not at all. Everything is checked first.
-- KEYS: thread, journal, outbox, due, tombstones, staged journal
-- ARGV: 1 thread ID, 2 the head it was taken out with, 3 version, 4 checkpoint, 5 head, 6 length, then effects: ID, bytes
if redis.call('EXISTS', KEYS[1], KEYS[2]) ~= 0 then
  return 'exists'
end
local stone = redis.call('LINDEX', KEYS[5], -1)
if stone and string.sub(stone, 1, 64) ~= ARGV[2] then
  return 'buried'
end
if redis.call('LLEN', KEYS[6]) ~= tonumber(ARGV[6]) then
  return 'incomplete'
end
redis.call('RENAME', KEYS[6], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'checkpoint', ARGV[4], 'head', ARGV[5], 'length', ARGV[6])
redis.call('HSET', KEYS[1], 'drainer', '')  -- somebody may have tried, before it was taken out, what is still pending
for at = 7, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[4], time[1] * 1000000 + time[2], ARGV[1])
return 'restored'
