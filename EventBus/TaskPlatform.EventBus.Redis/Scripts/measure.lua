-- Reads the positions of the groups of some streams, and the number of entries that clients other than the bus have removed from each.
-- KEYS  1 events:groups  2 events:trimmed  3.. streams
-- ARGV  1.. the streams' names without prefix
-- Returns { now in ms, { { 1 if the stream exists, entries removed by others, { { group, creation time or '', last delivered id }.. } }.. } }.
local function named(reply)
  local fields = {}
  for i = 1, #reply, 2 do fields[reply[i]] = reply[i + 1] end
  return fields
end

local time = redis.call('TIME')
local streams = {}
for i, name in ipairs(ARGV) do
  local key = KEYS[i + 2]
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then
    streams[i] = { 0, 0, {} }
  else
    local stream, groups = named(info), {}
    for g, reply in ipairs(redis.call('XINFO', 'GROUPS', key)) do
      local group = named(reply)
      local since = redis.pcall('HGET', KEYS[1], name .. ' ' .. group.name)
      groups[g] = { group.name, type(since) == 'string' and since or '', group['last-delivered-id'] }
    end
    local trimmed = redis.pcall('HGET', KEYS[2], name)
    trimmed = type(trimmed) == 'string' and tonumber(trimmed) or 0
    streams[i] = { 1, (stream['entries-added'] or stream.length) - stream.length - trimmed, groups }
  end
end
return { time[1] * 1000 + math.floor(time[2] / 1000), streams }
