-- A line of the journal that moves no version, if the journal still ends as its writer saw it.
-- KEYS: thread, journal  ARGV: 1 head that it follows, 2 head, 3 journal line
if redis.call('HGET', KEYS[1], 'head') ~= ARGV[1] then
  return 0
end
local length = redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'head', ARGV[2], 'length', length)
return 1
