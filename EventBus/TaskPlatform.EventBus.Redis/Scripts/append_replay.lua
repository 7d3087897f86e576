-- Adds the next events of a replay to the stream and stores its progress. A repeated or late call adds nothing.
-- KEYS  1 stream  2 events:replays  3 events:replays:progress
-- ARGV  1 request  2 progress before or ''  3 progress after  4.. for each event: number of arguments, then field, value..
-- Returns 1; or 0 without any change if the request was withdrawn or the stored progress differs.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
if (redis.call('HGET', KEYS[3], ARGV[1]) or '') ~= ARGV[2] then return 0 end

local at = 4
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
  at = at + count + 1
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return 1
