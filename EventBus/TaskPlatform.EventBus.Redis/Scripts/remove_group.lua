-- Removes a group from a stream, so that trimming no longer waits for it.
-- KEYS  1 stream  2 events:groups
-- ARGV  1 group  2 stream's name without prefix
-- Returns 1 if the group existed or was expected, else 0.
local destroyed = redis.pcall('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
local expected = redis.call('HDEL', KEYS[2], ARGV[2] .. ' ' .. ARGV[1])
return (destroyed == 1 or expected == 1) and 1 or 0
