-- Renews the claims on entries, or transfers the entries to another consumer.
-- KEYS  1 stream
-- ARGV  1 group  2 consumer  3 new owner  4 idle time to set in ms  5.. entry ids
-- Returns the ids that the caller no longer owns; these are left unchanged.
local lost = {}
for i = 5, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, ARGV[i], 'IDLE', ARGV[4], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
