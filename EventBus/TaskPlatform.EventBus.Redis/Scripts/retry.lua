-- Gives a failed entry back for another attempt, at once or later on Redis's clock. Called twice it changes nothing.
-- KEYS  1 stream  2 events:retry
-- ARGV  1 group  2 consumer  3 entry id  4 delay in ms, 0 = at once  5 stream's name without prefix  6.. fields of the new entry
-- Returns 1, or 0 when the caller no longer owns the entry: then nothing is done.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end

local delay = tonumber(ARGV[4])
if delay == 0 then
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, 6))
else
  local now = redis.call('TIME')
  local due = now[1] * 1000 + math.floor(now[2] / 1000) + delay
  redis.call('ZADD', KEYS[2], due, cmsgpack.pack({ ARGV[5], unpack(ARGV, 6) }))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
return 1
