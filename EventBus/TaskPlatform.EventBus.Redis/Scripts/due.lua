-- Lists retries that are due, each with the entry that waits for it; one whose entry waits no more is dropped.
-- KEYS  1 events:retry  2 event_dlq  3 events:lost  4 events:lost:entries
-- ARGV  1 key prefix  2 how many at the most  3 consumer that holds what waits
-- Returns { { { retry, stream, group, entry id, when it failed in ms, { field, value.. } }.. }, how many were looked at,
--   ms until the next one is due or -1, the error of the last stream that refused or '' }.
-- The streams' keys come from the members; where all keys share one hash tag (the prefix), that holds in a cluster too.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refused, due = '', {}

local function refuse(retry, answer)
  refused = answer.err
  redis.call('ZADD', KEYS[1], 'XX', now + 10000, retry)
end

-- A version of the bus before this one kept the whole entry in the schedule.
local function add(retry)
  local readable, entry = pcall(cmsgpack.unpack, retry)
  local added
  if readable and type(entry) == 'table' and #entry >= 3 and #entry % 2 == 1 and #entry < 1000 then
    added = redis.pcall('XADD', ARGV[1] .. entry[1], '*', unpack(entry, 2))
  else
    added = redis.pcall('XADD', KEYS[2], '*', 'original_id', '', 'error', 'A scheduled retry that can not be read.',
      'failed_at', tostring(now), 'reason', 'unreadable', 'data', retry)
  end
  if type(added) == 'table' and added.err then return refuse(retry, added) end
  redis.call('ZREM', KEYS[1], retry)
end

local retries = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, retry in ipairs(retries) do
  local stream, id, group = string.match(retry, '^(events:%S+) (%d+%-%d+) (.+)$')
  local pending = stream and redis.pcall('XPENDING', ARGV[1] .. stream, group, id, id, 1)
  if not stream then
    add(retry)
  elseif pending.err and not string.find(pending.err, 'NOGROUP', 1, true) then
    refuse(retry, pending)
  elseif pending.err or not pending[1] or pending[1][2] ~= ARGV[3] then
    redis.call('ZREM', KEYS[1], retry)
  else
    local entry = redis.call('XRANGE', ARGV[1] .. stream, id, id)[1]
    if entry then
      due[#due + 1] = { retry, stream, group, id, now - pending[1][3], entry[2] }
    else
      redis.call('XACK', ARGV[1] .. stream, group, id)
      redis.call('ZREM', KEYS[1], retry)
      redis.pcall('HINCRBY', KEYS[3], stream .. ' ' .. group, 1)
      redis.pcall('ZADD', KEYS[4], now, stream .. ' ' .. id)
    end
  end
end

local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return { due, #retries, next[2] and math.max(0, next[2] - now) or -1, refused }
