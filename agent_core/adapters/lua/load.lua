-- One thread as it is at this moment, with the server's time.
-- KEYS: thread, journal, and seen where a dedupe ID is asked about
local found = redis.call('HMGET', KEYS[1], 'version', 'checkpoint', 'head', 'length')
local lines = redis.call('LLEN', KEYS[2])
local seen = KEYS[3] and redis.call('GET', KEYS[3]) or false
local time = redis.call('TIME')
return {found[1], found[2], found[3], found[4], lines, time[1], time[2], seen}
