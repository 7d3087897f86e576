-- Creates a group at the first entry of a stream, and records when in events:groups. The time distinguishes a group from an earlier one of
-- the same name, for example after its stream was recreated. If both exist already, nothing is written, so that consumers can continue
-- while Redis refuses writes. A failure to record the time is ignored; nothing is trimmed without it.
-- ARGV  1 group  2 stream's name without prefix
-- Returns 1 if the group was created, 0 if it existed.
local field = ARGV[2] .. ' ' .. ARGV[1]
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err and redis.pcall('HEXISTS', KEYS[2], field) == 1 then
  for _, info in ipairs(groups) do
    if info[2] == ARGV[1] then return 0 end
  end
end

local created = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if created.err and not string.find(created.err, 'BUSYGROUP', 1, true) then return redis.error_reply(created.err) end
local time = redis.call('TIME')
redis.pcall(created.err and 'HSETNX' or 'HSET', KEYS[2], field, time[1] .. string.format('%06d', time[2]))
return created.err and 0 or 1
