-- A task taken out of its team's list, unless a newer version's line is there; of the newest, the version stays known.
-- KEYS: tasks, tasks by time, finished ones by time, removed ones by time
-- ARGV: 1 thread ID, 2 version, 3 time in microseconds, 4 how many removed ones stay known
-- What is kept of a removed one is its version and a colon.
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if kept and tonumber(string.match(kept, '^(%d+):')) > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':')
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
local over = redis.call('ZCARD', KEYS[4]) - tonumber(ARGV[4])
if over > 0 then
  for _, gone in ipairs(redis.call('ZRANGE', KEYS[4], 0, over - 1)) do
    redis.call('HDEL', KEYS[1], gone)
    redis.call('ZREM', KEYS[4], gone)
  end
end
return 1
