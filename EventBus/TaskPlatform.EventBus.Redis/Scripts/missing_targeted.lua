-- Finds retried and reprocessed entries that their group has not finished though they are not in the stream any more.
-- KEYS  1 stream  2 events:targeted
-- ARGV  1 stream's name without prefix
-- Returns { { entry id, event id, group }.. }.
local targeted = redis.pcall('HGETALL', KEYS[2])
local missing = {}
for i = 1, targeted.err and 0 or #targeted, 2 do
  local stream, id = string.match(targeted[i], '^(%S+) (%S+)$')
  if stream == ARGV[1] and not redis.call('XRANGE', KEYS[1], id, id)[1] then
    local event, group = string.match(targeted[i + 1], '^(%S*) (.*)$')
    missing[#missing + 1] = { id, event or '', group or '' }
  end
end
return missing
