-- One thread and its pending effects as of one moment, for whoever holds its lease.
-- KEYS: thread, journal, outbox, lease  ARGV: 1 holder, 2 the head that is known ('' none)
-- Gives the effects (ID, bytes, ...), the time, and then the thread, unless it still ends with the known head.
if redis.call('GET', KEYS[4]) ~= ARGV[1] then
  return false
end
local effects = redis.call('HGETALL', KEYS[3])
local time = redis.call('TIME')
local found = redis.call('HMGET', KEYS[1], 'version', 'checkpoint', 'head', 'length')
if ARGV[2] ~= '' and found[3] == ARGV[2] then
  return {effects, time[1], time[2]}
end
return {effects, time[1], time[2], found[1], found[2], found[3], found[4], redis.call('LLEN', KEYS[2])}
