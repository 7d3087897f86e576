-- Lists entries that this consumer holds already: what a reply that never arrived, or an earlier life of the same name, left.
-- KEYS  1 stream  2 events:lost  3 events:lost:entries
-- ARGV  1 group  2 consumer  3 id to go on from, - to begin, (id after the first page  4 how many at the most  5 stream's name without prefix
-- Returns { last id or '', { deleted entry id.. }, { { entry id, deliveries so far, { field, value.. } }.. } }.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], '+', ARGV[4], ARGV[2])
local deleted, entries = {}, {}
local time = redis.call('TIME')
for _, p in ipairs(pending) do
  local entry = redis.call('XRANGE', KEYS[1], p[1], p[1])
  if entry[1] then
    entries[#entries + 1] = { p[1], p[4], entry[1][2] }
  else
    deleted[#deleted + 1] = p[1]
    redis.call('XACK', KEYS[1], ARGV[1], p[1])
    redis.pcall('ZADD', KEYS[3], time[1] * 1000, ARGV[5] .. ' ' .. p[1])
  end
end
if #deleted > 0 then redis.pcall('HINCRBY', KEYS[2], ARGV[5] .. ' ' .. ARGV[1], #deleted) end
return { #pending > 0 and pending[#pending][1] or '', deleted, entries }
