-- Reads a part of a stream, and tells whether something is missing before it.
-- KEYS  1 stream
-- ARGV  1 the entry behind which to begin  2 the last entry wanted  3 how many at the most
-- Returns { first id of the stream or '', 1 where it has lost any entry so far, else 0, { { id, { field, value.. } }.. } }.
if redis.call('EXISTS', KEYS[1]) == 0 then return { '', 1, {} } end
local stream = {}
local info = redis.call('XINFO', 'STREAM', KEYS[1])
for i = 1, #info, 2 do stream[info[i]] = info[i + 1] end
local first = stream['first-entry']
return { first and first[1] or '', (stream['entries-added'] or 1 / 0) > stream.length and 1 or 0,
  redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], ARGV[2], 'COUNT', ARGV[3]) }
