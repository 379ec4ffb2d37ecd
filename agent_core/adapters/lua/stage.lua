-- Journal lines laid ready to be put back; they go by themselves if nobody does.
-- KEYS: staged journal  ARGV: 1 '1' to begin anew, 2 seconds to keep them, then lines
if ARGV[1] == '1' then
  redis.call('DEL', KEYS[1])
end
for at = 3, #ARGV do
  redis.call('RPUSH', KEYS[1], ARGV[at])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('LLEN', KEYS[1])
