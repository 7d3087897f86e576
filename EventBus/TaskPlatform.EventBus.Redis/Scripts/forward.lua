-- Puts scheduled retries that are due back into their streams.
-- KEYS  1 events:retry  2 event_dlq
-- ARGV  1 key prefix  2 how many at the most
-- Returns { forwarded, ms until the next one is due or -1, the error of the last stream that refused one or '' }.
-- The streams' keys come from the members; where all keys share one hash tag (the prefix), that holds in a cluster too.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refused = ''
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local readable, entry = pcall(cmsgpack.unpack, member)
  local added
  if readable and type(entry) == 'table' and #entry >= 3 and #entry % 2 == 1 then
    added = redis.pcall('XADD', ARGV[1] .. entry[1], '*', unpack(entry, 2))
  else
    added = redis.pcall('XADD', KEYS[2], '*', 'original_id', '', 'error', 'A scheduled retry that nobody can read.',
      'failed_at', tostring(now), 'reason', 'unreadable', 'data', member)
  end

  if type(added) == 'table' and added.err then
    refused = added.err
    redis.call('ZADD', KEYS[1], 'XX', now + 10000, member)
  else
    redis.call('ZREM', KEYS[1], member)
  end
end

local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return { #members, next[2] and math.max(0, next[2] - now) or -1, refused }
