-- Drops entries that are older than the retention, but never one that a group has not read and acked.
-- KEYS  1 stream  2 events:groups
-- ARGV  1 stream's name without prefix  2 retention in ms  3 how many at the most
-- Returns { dropped, the group that holds the rest back or '', its reason: unread, pending or missing, age of the oldest entry in ms }.
local function before(a, b)
  local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
  a_ms, a_seq, b_ms, b_seq = tonumber(a_ms), tonumber(a_seq), tonumber(b_ms), tonumber(b_seq)
  return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, '', '', 0 } end
local time = redis.call('TIME')
local limit = string.format('%.0f-0', math.max(0, time[1] * 1000 - tonumber(ARGV[2])))
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if not oldest[1] or not before(oldest[1][1], limit) then return { 0, '', '', 0 } end
local age = time[1] * 1000 - tonumber(string.match(oldest[1][1], '%d+'))

local holder, reason, present = '', '', {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  present[group.name] = true
  -- What was delivered is done with unless it is pending; what comes after the last delivered entry is unread.
  local unread = redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
  if unread and before(unread[1], limit) then limit, holder, reason = unread[1], group.name, 'unread' end
  if group.pending > 0 then
    local pending = redis.call('XPENDING', KEYS[1], group.name, '-', '+', 1)[1][1]
    if before(pending, limit) then limit, holder, reason = pending, group.name, 'pending' end
  end
end

for _, expected in ipairs(redis.call('HKEYS', KEYS[2])) do
  local stream, name = string.match(expected, '^(%S+) (.+)$')
  if stream == ARGV[1] and not present[name] then return { 0, name, 'missing', age } end
end

return { redis.call('XTRIM', KEYS[1], 'MINID', '~', limit, 'LIMIT', ARGV[3]), holder, reason, age }
