-- One line more in the log of a team's emergency stop, with the mark that it makes, if the log still ends as its writer saw it.
-- KEYS: the log's end, the log  ARGV: 1 head that it follows ('' none), 2 head, 3 line, 4 mark
if (redis.call('HGET', KEYS[1], 'head') or '') ~= ARGV[1] then
  return 0
end
local length = redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'head', ARGV[2], 'length', length, 'stands', ARGV[4])
return 1
