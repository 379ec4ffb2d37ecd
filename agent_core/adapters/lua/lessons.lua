-- What was added to a team's log of lessons, and how long it is: of one moment, or a log begun anew goes unnoticed.
-- KEYS: lessons  ARGV: 1 how many are known
return {redis.call('LLEN', KEYS[1]), redis.call('LRANGE', KEYS[1], ARGV[1], -1)}
