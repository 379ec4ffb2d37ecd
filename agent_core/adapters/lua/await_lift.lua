-- A thread that waits for the emergency stop to be lifted, if it stands in its shard; what another shard knows is known here.
-- KEYS: mark, threads that wait  ARGV: 1 the number and 2 the words of the team's own mark, 3 thread ID
-- Gives the words of the mark that stands, '' where it is lifted already.
local number, words = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(.*)$')
if not number or tonumber(number) < tonumber(ARGV[1]) then
  words = ARGV[2]
  redis.call('SET', KEYS[1], ARGV[1] .. ':' .. words)
end
if words ~= '' then
  redis.call('SADD', KEYS[2], ARGV[3])
end
return words
