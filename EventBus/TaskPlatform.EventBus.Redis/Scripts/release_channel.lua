-- Ends the ownership of a channel: releases the owner's pending entries, and then its lease. A repeated call changes nothing.
-- KEYS  1 stream  2 events:leases:<group>
-- ARGV  1 group  2 consumer  3 consumer that owns released entries  4 pub/sub channel to notify, with the group as message
--       5 stream's name without prefix  6.. ids of entries on which no handler was started: this delivery does not count
-- Returns 1; or 0 without any change if the caller does not hold the lease.
local lease = redis.call('HGET', KEYS[2], 'lease:' .. ARGV[5]) or ''
if string.match(lease, '^%d+ %d+ %x* (.+)$') ~= ARGV[2] then return 0 end
local unstarted = {}
for i = 6, #ARGV do unstarted[ARGV[i]] = true end

local from = '-'
repeat
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], from, '+', 1000, ARGV[2])
  if pending.err then break end -- Without the stream or the group there is nothing to release.
  for _, p in ipairs(pending) do
    local count = math.max(0, p[4] - (unstarted[p[1]] and 1 or 0))
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, p[1], 'IDLE', 86400000, 'RETRYCOUNT', count, 'JUSTID')
    from = '(' .. p[1]
  end
until #pending < 1000
redis.call('HDEL', KEYS[2], 'lease:' .. ARGV[5])
redis.call('PUBLISH', ARGV[4], ARGV[1])
return 1
