-- Reads a part of a stream, and says where the stream begins.
-- KEYS  1 stream
-- ARGV  1 the entry behind which to begin  2 the last entry wanted  3 how many at the most
-- Returns { first id of the stream or '', { { id, { field, value.. } }.. } }.
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return { first and first[1] or '', behind(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) }
