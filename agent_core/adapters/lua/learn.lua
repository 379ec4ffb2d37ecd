-- A lesson at the end of its team's log, once.
-- KEYS: lessons, their IDs  ARGV: 1 lesson ID, 2 lesson
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then
  return 0
end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
