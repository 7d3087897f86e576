-- Acks retried and reprocessed entries.
-- KEYS  1 stream  2 events:targeted
-- ARGV  1 group  2 stream's name without prefix  3.. entry ids
-- Returns the number of entries that were pending.
local acked = 0
for i = 3, #ARGV do
  acked = acked + redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.pcall('HDEL', KEYS[2], ARGV[2] .. ' ' .. ARGV[i])
end
return acked
