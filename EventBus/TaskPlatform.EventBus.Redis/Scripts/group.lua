-- Makes a group on a stream, from its very first entry on, and notes that it is expected there, and since when: the note tells a group
-- that was made anew, with its stream perhaps, from the one before. Where all that is so already, nothing is written, so that a full
-- server does not keep anyone from going on. A note that can't be made keeps nobody either: without it, nothing is trimmed.
-- KEYS  1 stream  2 events:groups
-- ARGV  1 group  2 stream's name without prefix
-- Returns 1 where the group was made, 0 where it was there.
local field = ARGV[2] .. ' ' .. ARGV[1]
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err and redis.pcall('HEXISTS', KEYS[2], field) == 1 then
  for _, info in ipairs(groups) do
    if info[2] == ARGV[1] then return 0 end
  end
end

local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return redis.error_reply(made.err) end
local time = redis.call('TIME')
redis.pcall(made.err and 'HSETNX' or 'HSET', KEYS[2], field, time[1] .. string.format('%06d', time[2]))
return made.err and 0 or 1
