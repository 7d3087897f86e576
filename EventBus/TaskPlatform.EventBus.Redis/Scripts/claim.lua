-- Claims entries that have been idle for long. A claim does not count as a delivery: count_delivery.lua counts one when a handler is
-- started, so that entries queued behind one that crashes its consumer are not counted.
-- Entries awaiting a retry are not claimed. If the schedule has lost such an entry, it is scheduled again for now.
-- KEYS  1 stream  2 events:lost  3 events:lost:entries  4 events:retry
-- ARGV  1 group  2 consumer  3 idle time in ms  4 cursor, initially 0-0  5 maximum number of entries  6 stream's name without prefix
--       7 consumer that owns entries awaiting a retry
-- Returns { next cursor, 0-0 at the end, { deleted entry id.. }, { { entry id, number of deliveries, { field, value.. } }.. } }.
local page = 1000
local from = ARGV[4] == '0-0' and '-' or '(' .. ARGV[4]
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], from, '+', page)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries, deleted, bytes = {}, {}, 0
local cursor = #pending == page and pending[page][1] or '0-0'
for _, p in ipairs(pending) do
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])[1]
  if not entry then
    deleted[#deleted + 1] = p[1]
    redis.call('XACK', KEYS[1], ARGV[1], p[1])
    redis.pcall('ZADD', KEYS[3], now, ARGV[6] .. ' ' .. p[1])
  elseif p[2] == ARGV[7] then
    local retry = ARGV[6] .. ' ' .. p[1] .. ' ' .. ARGV[1]
    if redis.pcall('ZSCORE', KEYS[4], retry) == false then redis.pcall('ZADD', KEYS[4], now, retry) end
  elseif #entries == tonumber(ARGV[5]) or bytes > page_bytes then
    cursor = entries[#entries][1]
    break
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], p[1], 'JUSTID')
    entries[#entries + 1] = { p[1], p[4], entry[2] }
    bytes = bytes + size_of(entry[2])
  end
end
if #deleted > 0 then redis.pcall('HINCRBY', KEYS[2], ARGV[6] .. ' ' .. ARGV[1], #deleted) end
return { cursor == largest_id and '0-0' or cursor, deleted, entries }
