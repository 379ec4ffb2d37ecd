-- That all shards were marked by the line with which the log of a team's emergency stop ends, and the team's own mark by it.
-- KEYS: the log's end  ARGV: 1 head of that line, 2 mark
if (redis.call('HGET', KEYS[1], 'head') or '') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'marked', ARGV[1], 'stands', ARGV[2])
return 1
