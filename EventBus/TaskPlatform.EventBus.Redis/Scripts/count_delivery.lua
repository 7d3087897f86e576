-- Notes that a handler is about to run on an entry that was delivered before, so that one which kills its consumers is found out.
-- KEYS  1 stream
-- ARGV  1 group  2 consumer  3 entry id
-- Returns 1, or 0 when the caller no longer owns the entry: then nothing is done.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'RETRYCOUNT', pending[1][4] + 1, 'JUSTID')
return 1
