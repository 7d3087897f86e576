-- Reads a range of a stream and its first id.
-- KEYS  1 stream
-- ARGV  1 exclusive start id  2 inclusive end id  3 maximum number of entries
-- Returns { first id of the stream or '', { { id, { field, value.. } }.. } }.
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return { first and first[1] or '', entries_after(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) }
