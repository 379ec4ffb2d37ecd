-- Performed effects leave the outbox, by the hand that holds the lease.
-- KEYS: lease, outbox  ARGV: 1 holder, effect IDs ...
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
for at = 2, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[at])
end
return 1
