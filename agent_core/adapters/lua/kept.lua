-- One thread as it is stored, with its pending effects, as of one moment.
-- KEYS: thread, outbox
local found = redis.call('HMGET', KEYS[1], 'version', 'head', 'length', 'checkpoint')
return {found[1], found[2], found[3], found[4], redis.call('HGETALL', KEYS[2])}
