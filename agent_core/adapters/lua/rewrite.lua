-- Lines of a journal and the checkpoint in new words, under the heads that stood there, if nobody works on the thread.
-- KEYS: thread, journal, outbox, lease  ARGV: 1 version, 2 head, 3 checkpoint, then position, line (its head first), ...
local stands = redis.call('HMGET', KEYS[1], 'version', 'head')
if stands[1] ~= ARGV[1] or stands[2] ~= ARGV[2] or redis.call('EXISTS', KEYS[3], KEYS[4]) ~= 0 then
  return 0
end
for at = 4, #ARGV, 2 do
  local stood = redis.call('LINDEX', KEYS[2], ARGV[at])
  if not stood or string.sub(stood, 1, 64) ~= string.sub(ARGV[at + 1], 1, 64) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'checkpoint', ARGV[3])
for at = 4, #ARGV, 2 do
  redis.call('LSET', KEYS[2], ARGV[at], ARGV[at + 1])
end
return 1
