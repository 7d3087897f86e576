-- Finds entries that are pending in a group but no longer in the stream.
-- KEYS  1 stream
-- ARGV  1 group  2 start: - or (id  3 number of pending entries to check
-- Returns { the last entry checked or '' at the end, { entry id.. } }.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], '+', ARGV[3])
local missing = {}
for _, p in ipairs(pending) do
  if not redis.call('XRANGE', KEYS[1], p[1], p[1])[1] then missing[#missing + 1] = p[1] end
end
local last = #pending == tonumber(ARGV[3]) and pending[#pending][1] or ''
return { last == largest_id and '' or last, missing }
