-- A shard's mark of the emergency stop, unless a newer one stands: "<number>:<by whom, when>", or "<number>:" once lifted.
-- KEYS: mark  ARGV: 1 number, 2 by whom and when, or ''
local stands = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):')) or 0
if stands > tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
return 1
