-- Drops entries that are older than the retention, but never one that a group has not read and acked. Where the stream's last id lies
-- in the future, because an entry was added with an id of its own or the clock was set back, ids don't tell the age of what came
-- behind it: the last id is noted now and then, and what stood before a note that is older than the retention is older too.
-- KEYS  1 stream  2 events:groups  3 events:trimmed  4 events:ahead
-- ARGV  1 stream's name without prefix  2 retention in ms  3 how many at the most
-- Returns { dropped, the group that holds the rest back or '', its reason: unread, pending or missing, age of the oldest entry in ms }.
local function less(a, b) return #a < #b or (#a == #b and a < b) end -- Numbers of up to 20 digits, exactly.

local function before(a, b)
  local a_ms, a_seq = string.match(a, '(%d+)-(%d+)')
  local b_ms, b_seq = string.match(b, '(%d+)-(%d+)')
  return less(a_ms, b_ms) or (a_ms == b_ms and less(a_seq, b_seq))
end

-- Whatever else stands there counts as no notes.
local function read_notes(packed)
  local readable, notes = pcall(cmsgpack.unpack, packed)
  if not readable or type(notes) ~= 'table' then return {} end
  for _, note in ipairs(notes) do
    if type(note) ~= 'table' or type(note[1]) ~= 'number' or not string.match(tostring(note[2]), '^%d+%-%d+$') then return {} end
  end
  return notes
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
  local notes, passed = read_notes(redis.pcall('HGET', KEYS[4], ARGV[1])), nil
  if notes[1] and before(last, notes[#notes][2]) then notes = {} end -- The stream is another one.
  while notes[1] and notes[1][1] <= now - retention do passed = table.remove(notes, 1) end
  if passed then
    if before(limit, passed[2]) then limit = passed[2] end
    table.insert(notes, 1, passed)
  end
  if not notes[1] or notes[#notes][1] + retention / 20 <= now then notes[#notes + 1] = { now, last } end
  redis.pcall('HSET', KEYS[4], ARGV[1], cmsgpack.pack(notes))
else
  redis.pcall('HDEL', KEYS[4], ARGV[1])
end

if not before(oldest[1][1], limit) then return { 0, '', '', 0 } end
local age = math.max(0, now - tonumber(string.match(oldest[1][1], '%d+')))

local holder, reason, present = '', '', {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  present[group.name] = true
  -- What was delivered is done with unless it is pending; what comes after the last delivered entry is unread.
  local unread = behind(KEYS[1], group['last-delivered-id'], '+', 1)[1]
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

local dropped = redis.call('XTRIM', KEYS[1], 'MINID', '~', limit, 'LIMIT', ARGV[3])
if dropped > 0 then redis.pcall('HINCRBY', KEYS[3], ARGV[1], dropped) end
return { dropped, holder, reason, age }
