-- Describes a stream and its groups. What a group has not read is counted here where Redis doesn't know it: after an XDEL,
-- or a trim past the group.
-- KEYS  1 stream
-- ARGV  1 how far to count at the most  2 consumer that holds what waits for a retry: that is not idle
-- Returns { 1 where the stream is there, its length, first id or '', last id,
--   { { group, unread, 1 where there are more, first unread id or '', pending, idle ms, consumers, last delivered id }.. } }.
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if info.err then
  if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0, '', '', {} } end
  return info
end

local function read(info)
  local fields = {}
  for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
  return fields
end

local stream = read(info)
local groups = {}
for i, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = read(reply)
  local lag, more = group.lag, 0
  local is_behind = group['last-delivered-id'] ~= stream['last-generated-id']
  local unread = is_behind and behind(KEYS[1], group['last-delivered-id'], '+', 1) or {}
  if not unread[1] then
    lag = 0
  elseif not lag then
    lag = #behind(KEYS[1], group['last-delivered-id'], '+', ARGV[1])
    if lag == tonumber(ARGV[1]) then more = 1 end
  end

  local idle = 0
  if group.pending > 0 then
    for _, pending in ipairs(redis.call('XPENDING', KEYS[1], group.name, '-', '+', 100)) do
      if pending[2] ~= ARGV[2] then idle = math.max(idle, pending[3]) end
    end
  end
  local consumers = 0
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group.name)) do
    if string.sub(read(consumer).name, 1, 1) ~= '(' then consumers = consumers + 1 end -- The others are no processes.
  end
  groups[i] = { group.name, lag, more, unread[1] and unread[1][1] or '', group.pending, idle, consumers, group['last-delivered-id'] }
end

local first = stream['first-entry']
return { 1, stream.length, first and first[1] or '', stream['last-generated-id'], groups }
