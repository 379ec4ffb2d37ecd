-- A lock given back, by whoever still holds it. The line stays.
-- KEYS: lock  ARGV: 1 holder, 2 microseconds after which nobody in the line is waited for
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'holder')
redis.call('PEXPIRE', KEYS[1], ARGV[2] / 1000)
return 1
