-- The newest lines of a team's list: thread ID, kept line, ...
-- KEYS: tasks, tasks by time  ARGV: 1 how many
local lines = {}
for _, name in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, ARGV[1] - 1)) do
  lines[#lines + 1] = name
  lines[#lines + 1] = redis.call('HGET', KEYS[1], name) or ''
end
return lines
