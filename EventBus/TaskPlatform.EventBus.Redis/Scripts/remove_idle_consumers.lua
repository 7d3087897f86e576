-- Removes consumers of a group that have nothing pending and have been idle for long, because their processes have ended.
-- KEYS  1 stream
-- ARGV  1 group  2 idle time in ms  3 a consumer's name, or '' for any
-- Returns the number of removed consumers.
local removed = 0
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #info, 2 do consumer[info[i]] = info[i + 1] end
  if consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) and (ARGV[3] == '' or ARGV[3] == consumer.name) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    removed = removed + 1
  end
end
return removed
