-- Lists due retries with their pending entries. A retry whose entry is no longer pending is removed,
-- and a member that is not a retry becomes a dead letter.
-- KEYS  1 events:retry  2 event_dlq  3 events:lost  4 events:lost:entries
-- ARGV  1 key prefix  2 maximum number of retries  3 consumer that owns entries awaiting a retry
-- Returns { { { retry, stream, group, entry id, time of the failure in ms, { field, value.. } }.. }, 1 if more may be due,
--   ms until the next one is due or -1, the error of the last stream that refused or '' }.
-- The streams' keys are derived from the members. In a cluster, all keys must share one hash tag (the prefix).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refused, due = '', {}

local function postpone(retry, reply)
  refused = reply.err
  redis.call('ZADD', KEYS[1], 'XX', now + 10000, retry)
end

local function dead_letter(retry)
  local added = add_dead_letter(KEYS[2], {
    'original_id', '', 'error', 'Unreadable scheduled retry.', 'failed_at', tostring(now), 'reason', 'unreadable', 'data', retry,
  }, 1)
  if added.err then return postpone(retry, added) end
  redis.call('ZREM', KEYS[1], retry)
end

local retries = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
local seen, bytes = 0, 0
for _, retry in ipairs(retries) do
  if bytes > page_bytes then break end
  seen = seen + 1
  local stream, id, group = string.match(retry, '^(events:%S+) (%d+%-%d+) (.+)$')
  local pending = stream and redis.pcall('XPENDING', ARGV[1] .. stream, group, id, id, 1)
  if not stream or (pending.err and string.find(pending.err, 'Invalid stream ID', 1, true)) then
    dead_letter(retry)
  elseif pending.err and not string.find(pending.err, 'NOGROUP', 1, true) then
    postpone(retry, pending)
  elseif pending.err or not pending[1] or pending[1][2] ~= ARGV[3] then
    redis.call('ZREM', KEYS[1], retry)
  else
    local entry = redis.call('XRANGE', ARGV[1] .. stream, id, id)[1]
    if entry then
      bytes = bytes + size_of(entry[2])
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
local more = seen < #retries or #retries == tonumber(ARGV[2])
return { due, more and 1 or 0, next[2] and math.max(0, math.min(next[2] - now, 1e9)) or -1, refused }
