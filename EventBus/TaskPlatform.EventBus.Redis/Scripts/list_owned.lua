-- Lists entries that are already pending for this consumer: from a lost reply, or from an earlier process with the same name.
-- KEYS  1 stream  2 events:lost  3 events:lost:entries
-- ARGV  1 group  2 consumer  3 start: - for the first page, then (id  4 maximum number of entries  5 stream's name without prefix
-- Returns { last id, or '' at the end, { deleted entry id.. }, { { entry id, number of deliveries, { field, value.. } }.. } }.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], '+', ARGV[4], ARGV[2])
local deleted, entries, bytes, last = {}, {}, 0, ''
local time = redis.call('TIME')
for _, p in ipairs(pending) do
  if bytes > page_bytes then break end
  last = p[1]
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])
  if entry[1] then
    entries[#entries + 1] = { p[1], p[4], entry[1][2] }
    bytes = bytes + size_of(entry[1][2])
  else
    deleted[#deleted + 1] = p[1]
    redis.call('XACK', KEYS[1], ARGV[1], p[1])
    redis.pcall('ZADD', KEYS[3], time[1] * 1000, ARGV[5] .. ' ' .. p[1])
  end
end
if #deleted > 0 then redis.pcall('HINCRBY', KEYS[2], ARGV[5] .. ' ' .. ARGV[1], #deleted) end
return { last == largest_id and '' or last, deleted, entries }
