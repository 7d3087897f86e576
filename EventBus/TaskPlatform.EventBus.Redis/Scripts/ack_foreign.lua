-- Acks entries that target other groups. An entry stays pending if its target group neither exists on the stream nor is expected there.
-- KEYS  1 stream  2 events:groups
-- ARGV  1 group  2 stream's name without prefix  3.. for each entry: its id, its target group
-- Returns the ids of the entries that stay pending.
local known = {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  for i = 1, #info, 2 do
    if info[i] == 'name' then known[info[i + 1]] = true end
  end
end

local unknown = {}
for i = 3, #ARGV, 2 do
  local target = ARGV[i + 1]
  if known[target] or redis.call('HEXISTS', KEYS[2], ARGV[2] .. ' ' .. target) == 1 then
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  else
    unknown[#unknown + 1] = ARGV[i]
  end
end
return unknown
