-- Schedules another attempt for a failed entry. Until it is due, the entry stays pending, owned by a reserved consumer, so that it is not
-- lost if the schedule is. A repeated call changes nothing.
-- KEYS  1 stream  2 events:retry
-- ARGV  1 group  2 consumer  3 entry id  4 delay in ms  5 stream's name without prefix  6 consumer that owns entries awaiting a retry
-- Returns 1; or 0 without any change if the caller no longer owns the entry.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end

local now = redis.call('TIME')
local due = now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(ARGV[4])
redis.call('ZADD', KEYS[2], due, ARGV[5] .. ' ' .. ARGV[3] .. ' ' .. ARGV[1])
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[6], 0, ARGV[3], 'IDLE', 0, 'JUSTID')
return 1
