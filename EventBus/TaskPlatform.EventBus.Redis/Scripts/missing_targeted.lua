-- Finds retried and reprocessed entries that their group has not finished but that are no longer in the stream.
-- KEYS  1 stream  2 events:targeted
-- ARGV  1 stream's name without prefix
-- Returns { { entry id, event id, group }.. }. Unreadable fields are removed.
local targeted = redis.pcall('HGETALL', KEYS[2])
local missing = {}
for i = 1, targeted.err and 0 or #targeted, 2 do
  local stream, id = string.match(targeted[i], '^(%S+) (%d+%-%d+)$')
  local event, group = string.match(targeted[i + 1], '^(%S*) (.*)$')
  local entry = stream == ARGV[1] and redis.pcall('XRANGE', KEYS[1], id, id)
  if not stream or not event or (entry and entry.err and redis.call('TYPE', KEYS[1]).ok == 'stream') then
    redis.call('HDEL', KEYS[2], targeted[i])
  elseif entry and not entry.err and not entry[1] then
    missing[#missing + 1] = { id, event, group }
  end
end
return missing
