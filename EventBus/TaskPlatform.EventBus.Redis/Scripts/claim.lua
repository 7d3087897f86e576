-- Takes over entries that their consumer has not touched for long. It does not count as a delivery: start.lua does that
-- when a handler is really started, so an entry that only waited behind a deadly one is not blamed for it.
-- KEYS  1 stream  2 events:lost
-- ARGV  1 group  2 consumer  3 idle time in ms  4 cursor, 0-0 to begin  5 how many at the most  6 stream's name without prefix
-- Returns { next cursor, { deleted entry id.. }, { { entry id, deliveries so far, { field, value.. } }.. } }.
local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')
local entries = {}
for i, id in ipairs(claimed[2]) do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)
  local entry = redis.call('XRANGE', KEYS[1], id, id)
  entries[i] = { id, pending[1][4], entry[1][2] }
end
if #claimed[3] > 0 then redis.pcall('HINCRBY', KEYS[2], ARGV[6] .. ' ' .. ARGV[1], #claimed[3]) end
return { claimed[1], claimed[3], entries }
