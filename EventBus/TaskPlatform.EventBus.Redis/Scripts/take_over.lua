-- Makes the owner of a channel the owner of the entries that are pending in its group, in the order of the stream, whoever had them. That does not
-- count as a delivery. Entries awaiting a retry are left; if the schedule has lost such an entry, it is scheduled again for now.
-- KEYS  1 stream  2 events:lost  3 events:lost:entries  4 events:retry  5 events:leases:<group>
-- ARGV  1 group  2 consumer  3 start: - for the first page, then (id  4 maximum number of entries  5 stream's name without prefix
--       6 consumer that owns entries awaiting a retry  7 number of deliveries of the caller's own entries that do not count
-- Returns { last id, or '' at the end, { deleted entry id.. }, { { entry id, number of deliveries, { field, value.. } }.. } }; or the id 'lost' without any
-- change if the caller does not hold the lease.
local lease = redis.call('HGET', KEYS[5], 'lease:' .. ARGV[5]) or ''
if string.match(lease, '^%d+ %d+ %x* (.+)$') ~= ARGV[2] then return { 'lost', {}, {} } end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], '+', ARGV[4])
local deleted, entries, bytes, last, is_cut = {}, {}, 0, '', false
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, p in ipairs(pending) do
  if bytes > page_bytes then
    is_cut = true
    break
  end
  last = p[1]
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])[1]
  if not entry then
    deleted[#deleted + 1] = p[1]
    redis.call('XACK', KEYS[1], ARGV[1], p[1])
    redis.pcall('ZADD', KEYS[3], now, ARGV[5] .. ' ' .. p[1])
  elseif p[2] == ARGV[6] then
    local retry = ARGV[5] .. ' ' .. p[1] .. ' ' .. ARGV[1]
    if redis.pcall('ZSCORE', KEYS[4], retry) == false then redis.pcall('ZADD', KEYS[4], now, retry) end
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, p[1], 'JUSTID')
    entries[#entries + 1] = { p[1], p[2] == ARGV[2] and math.max(0, p[4] - ARGV[7]) or p[4], entry[2] }
    bytes = bytes + size_of(entry[2])
  end
end
if #deleted > 0 then redis.pcall('HINCRBY', KEYS[2], ARGV[5] .. ' ' .. ARGV[1], #deleted) end
local is_end = (not is_cut and #pending < tonumber(ARGV[4])) or last == largest_id
return { is_end and '' or last, deleted, entries }
