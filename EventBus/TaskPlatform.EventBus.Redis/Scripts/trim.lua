-- Trims entries that are older than the retention, but none that a group has not read and acked. If the stream's last id is in the future,
-- because an entry was added with an explicit id or the clock was set back, the ids of later entries do not show their age. In that case
-- the last id is recorded at intervals: entries up to an id that was recorded longer ago than the retention are expired.
-- ARGV  1 stream's name without prefix  2 retention in ms  3 maximum number of entries to trim
-- Returns { number trimmed, the group that blocks further trimming or '', reason: unread, pending or missing, age of the oldest entry in ms }.
local function less(a, b) return #a < #b or (#a == #b and a < b) end -- Exact for numbers of up to 20 digits.

local function before(a, b)
  local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
  return less(a_ms, b_ms) or (a_ms == b_ms and less(a_seq, b_seq))
end

-- Anything unreadable is treated as no marks.
local function read_marks(packed)
  local readable, marks = pcall(cmsgpack.unpack, packed)
  if not readable or type(marks) ~= 'table' then return {} end
  for _, mark in ipairs(marks) do
    if type(mark) ~= 'table' or type(mark[1]) ~= 'number' or not string.match(tostring(mark[2]), '^%d+%-%d+$') then return {} end
  end
  return marks
end

if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, '', '', 0 } end
local time, retention = redis.call('TIME'), tonumber(ARGV[2])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = string.format('%.0f-0', math.max(0, now - retention))
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
if not oldest[1] then return { 0, '', '', 0 } end

local last = ''
local stream = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #stream, 2 do
  if stream[i] == 'last-generated-id' then last = stream[i + 1] end
end
if before(string.format('%.0f-0', now + 1), last) then
  local marks, expired = read_marks(redis.pcall('HGET', KEYS[4], ARGV[1])), nil
  if marks[1] and before(last, marks[#marks][2]) then marks = {} end -- The stream was recreated.
  while marks[1] and marks[1][1] <= now - retention do expired = table.remove(marks, 1) end
  if expired then
    if before(limit, expired[2]) then limit = expired[2] end
    table.insert(marks, 1, expired)
  end
  if not marks[1] or marks[#marks][1] + retention / 20 <= now then marks[#marks + 1] = { now, last } end
  redis.pcall('HSET', KEYS[4], ARGV[1], cmsgpack.pack(marks))
else
  redis.pcall('HDEL', KEYS[4], ARGV[1])
end

if not before(oldest[1][1], limit) then return { 0, '', '', 0 } end
local age = math.max(0, now - tonumber(string.match(oldest[1][1], '%d+')))

local blocking_group, reason, present = '', '', {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  present[group.name] = true
  -- Delivered entries are finished unless they are pending; entries after the last delivered one are unread.
  local unread = entries_after(KEYS[1], group['last-delivered-id'], '+', 1)[1]
  if unread and before(unread[1], limit) then limit, blocking_group, reason = unread[1], group.name, 'unread' end
  if group.pending > 0 then
    local pending = redis.call('XPENDING', KEYS[1], group.name, '-', '+', 1)[1][1]
    if before(pending, limit) then limit, blocking_group, reason = pending, group.name, 'pending' end
  end
end

for _, expected in ipairs(redis.call('HKEYS', KEYS[2])) do
  local stream, name = string.match(expected, '^(%S+) (.+)$')
  if stream == ARGV[1] and not present[name] then return { 0, name, 'missing', age } end
end

local trimmed = redis.call('XTRIM', KEYS[1], 'MINID', '~', limit, 'LIMIT', ARGV[3])
if trimmed > 0 then redis.pcall('HINCRBY', KEYS[3], ARGV[1], trimmed) end
return { trimmed, blocking_group, reason, age }
