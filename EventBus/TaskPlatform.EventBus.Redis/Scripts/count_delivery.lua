-- Counts a delivery when a handler is about to run on a redelivered entry, so that an entry that crashes its consumers is detected.
-- KEYS  1 stream
-- ARGV  1 group  2 consumer  3 entry id
-- Returns 1; or 0 without any change if the caller no longer owns the entry.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'RETRYCOUNT', pending[1][4] + 1, 'JUSTID')
return 1
