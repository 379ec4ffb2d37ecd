-- An erasure with the threads that it has left, if it is still the one that is on record.
-- KEYS: erasures  ARGV: 1 person, 2 the erasure as it was begun, 3 with what it left
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
