-- Adds due retries to their streams, targeted at their group, and acks the entries that were pending for them. Entries that are no longer
-- awaiting a retry are skipped, so that a repeated call changes nothing.
-- KEYS  1 events:retry  2 events:targeted
-- ARGV  1 key prefix  2 consumer that owns entries awaiting a retry
--       3.. for each: retry, stream, group, entry id, event id, number of arguments that follow, then the new entry's field, value..
-- Returns the error of the last stream that refused, or ''.
-- The streams' keys are derived from the members. In a cluster, all keys must share one hash tag (the prefix).
local refused = ''
local at = 3
while at <= #ARGV do
  local retry, name, group, id, count = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 5])
  local stream = ARGV[1] .. name
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  local added
  if not pending.err and pending[1] and pending[1][2] == ARGV[2] then
    added = redis.pcall('XADD', stream, '*', unpack(ARGV, at + 6, at + 5 + count))
    if not added.err then
      redis.call('XACK', stream, group, id)
      redis.pcall('HDEL', KEYS[2], name .. ' ' .. id)
      redis.pcall('HSET', KEYS[2], name .. ' ' .. added, ARGV[at + 4] .. ' ' .. group)
    end
  end
  if added and added.err then
    local time = redis.call('TIME')
    refused = added.err
    redis.call('ZADD', KEYS[1], 'XX', (time[1] + 10) * 1000, retry)
  else
    redis.call('ZREM', KEYS[1], retry)
  end
  at = at + 6 + count
end
return refused
