-- The lease given back. What came meanwhile, was to be looked at at once, or is pending with no time set, is due at once.
-- KEYS: thread, outbox, lease, due
-- ARGV: 1 thread ID, 2 holder, 3 version that the holder saw, 4 due ('' never), then IDs of performed effects
-- Gives 1 where it is due at once.
if redis.call('GET', KEYS[3]) ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[3])
for at = 5, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[at])
end
local version = redis.call('HGET', KEYS[1], 'version')
local hurried = redis.call('HDEL', KEYS[1], 'hurried') == 1
if version and (version ~= ARGV[3] or hurried or (ARGV[4] == '' and redis.call('EXISTS', KEYS[2]) == 1)) then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[4], time[1] * 1000000 + time[2], ARGV[1])
  return 1
elseif version and ARGV[4] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
else
  redis.call('ZREM', KEYS[4], ARGV[1])
end
return 0
