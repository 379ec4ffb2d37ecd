-- The end of the log of a team's emergency stop, as of one moment.
-- KEYS: the log's end, the log
-- Gives head and length as written, for which head all shards were marked, how many lines there are, the last two, the time.
local known = redis.call('HMGET', KEYS[1], 'head', 'length', 'marked')
return {known[1], known[2], known[3], redis.call('LLEN', KEYS[2]), redis.call('LRANGE', KEYS[2], -2, -1),
  redis.call('TIME')}
