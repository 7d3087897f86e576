-- Describes a stream and its groups. Counts a group's lag if Redis does not know it, which is the case after an XDEL or a trim past the
-- group's position.
-- KEYS  1 stream
-- ARGV  1 maximum lag to count  2 consumer that owns entries awaiting a retry, which are not counted as idle
-- Returns { 1 if the stream exists, its length, first id or '', last id,
--   { { group, lag, 1 if the lag is higher, first unread id or '', pending, idle ms, consumers, last delivered id }.. } }.
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
  local unread = is_behind and entries_after(KEYS[1], group['last-delivered-id'], '+', 1) or {}
  if not unread[1] then
    lag = 0
  elseif not lag then
    lag = #entries_after(KEYS[1], group['last-delivered-id'], '+', ARGV[1])
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
    if string.sub(read(consumer).name, 1, 1) ~= '(' then consumers = consumers + 1 end -- Skip reserved consumers.
  end
  groups[i] = { group.name, lag, more, unread[1] and unread[1][1] or '', group.pending, idle, consumers, group['last-delivered-id'] }
end

local first = stream['first-entry']
return { 1, stream.length, first and first[1] or '', stream['last-generated-id'], groups }
