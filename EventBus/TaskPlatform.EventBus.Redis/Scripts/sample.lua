-- Measures the streams for the process that is elected to report the metrics.
-- A preferred process takes the lease over from one that is not; any other process waits until the lease has expired.
-- KEYS  1 events:sampler  2 events:alerts  3 events:alerts:unpublished  4 events:counts  5 event_dlq  6 events:retry  7 events:outbox
--       8 events:lost  9.. streams
-- ARGV  1 sampler's name  2 lease duration in ms  3 maximum number of unread entries to count in total, where Redis has no lag
--       4 1 if it is preferred: its name then ends in ' preferred'  5 consumer that owns entries awaiting a retry
-- Returns { 0: another process is elected, 1: the caller is newly elected, 2: the caller was elected before, { alert, state.. },
--     number of unpublished alert changes },
--   and if the caller is elected also
--   { name, count.. } as stored (only with 1), now in ms, { length, oldest id or '', 1 if its ids are exhausted } of event_dlq,
--   number of scheduled retries, { service, state.. }, { stream and group, lost.. },
--   { { length, { { group, lag, 1 if that is a lower bound, oldest unread id or '', pending, maximum idle ms, consumers }.. },
--     how far its last id is in the future in ms, 1 if its ids are exhausted }.. }.
-- A key of the wrong type is treated as empty.
local function read(default, ...)
  local found = redis.pcall(...)
  if type(found) == 'table' and found.err then return default end
  return found
end

local alerts = read({}, 'HGETALL', KEYS[2])
local unpublished = read(0, 'LLEN', KEYS[3])
local elected = read(false, 'GET', KEYS[1])
local is_replaceable = elected and ARGV[4] == '1' and string.sub(elected, -10) ~= ' preferred'
if elected and elected ~= ARGV[1] and not is_replaceable then return { 0, alerts, unpublished } end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local state = elected == ARGV[1] and 2 or 1
local counts = state == 1 and read({}, 'HGETALL', KEYS[4]) or {}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Counting reads the entries and blocks Redis, so the total is limited.
local budget = tonumber(ARGV[3])

local function named(reply)
  local fields = {}
  for i = 1, #reply, 2 do fields[reply[i]] = reply[i + 1] end
  return fields
end

local prefix = string.sub(KEYS[1], 1, -#'events:sampler' - 1)

-- The idle time of a pending entry; for one awaiting a retry, the time by which it is overdue.
local function idle_of(key, group, pending)
  if pending[2] ~= ARGV[5] then return pending[3] end
  local due = redis.pcall('ZSCORE', KEYS[6], string.sub(key, #prefix + 1) .. ' ' .. pending[1] .. ' ' .. group)
  return type(due) == 'string' and math.max(0, math.min(now - tonumber(due), now)) or pending[3]
end

local function sample(key)
  local info = redis.pcall('XINFO', 'STREAM', key, 'FULL', 'COUNT', 1)
  if info.err then return { 0, {}, 0, 0 } end
  local stream, groups = named(info), {}
  for i, reply in ipairs(stream.groups) do
    local group = named(reply)
    local is_behind = group['last-delivered-id'] ~= stream['last-generated-id']
    local unread = is_behind and entries_after(key, group['last-delivered-id'], '+', 1) or {}
    local lag, capped = group.lag, 0
    if not lag then
      -- Redis does not know the lag after entries were deleted, or trimmed past the group's position.
      local limit = math.max(1, budget)
      lag = #entries_after(key, group['last-delivered-id'], '+', limit)
      capped = lag >= limit and 1 or 0
      budget = budget - lag
    end
    local idle, consumers = 0, 0
    local pending = group['pel-count']
    for _, reply in ipairs(group.consumers) do
      local consumer = named(reply)
      if string.sub(consumer.name, 1, 1) ~= '(' then consumers = consumers + 1 end -- Skip reserved consumers.
      if consumer['pel-count'] > 0 then
        for _, p in ipairs(redis.call('XPENDING', key, group.name, '-', '+', 100, consumer.name)) do
          idle = math.max(idle, idle_of(key, group.name, p))
        end
      end
    end
    groups[i] = { group.name, lag, capped, unread[1] and unread[1][1] or '', pending, idle, consumers }
  end
  local ahead = tonumber(string.match(stream['last-generated-id'], '%d+')) - now
  return { stream.length, groups, math.max(0, math.min(ahead, 1e14)), stream['last-generated-id'] == largest_id and 1 or 0 } -- 1e14 ms = 3,000 years.
end

local dead = { 0, '', 0 }
if redis.call('TYPE', KEYS[5]).ok == 'stream' then
  local oldest = redis.call('XRANGE', KEYS[5], '-', '+', 'COUNT', 1)
  dead = { redis.call('XLEN', KEYS[5]), oldest[1] and oldest[1][1] or '', oldest[1] and is_exhausted(KEYS[5]) and 1 or 0 }
end

local streams = {}
for i = 9, #KEYS do streams[i - 8] = sample(KEYS[i]) end
return {
  state, alerts, unpublished, counts, now, dead, read(0, 'ZCARD', KEYS[6]), read({}, 'HGETALL', KEYS[7]), read({}, 'HGETALL', KEYS[8]),
  streams
}
