-- Registers a consumer among the live ones of its group, and lists them. Consumers with the same channels share one list.
-- KEYS  1 events:members:<group>, a hash: field member:<consumer>, value = time until which it counts as live (ms) and the digest of its channels;
--         field channels:<digest>, value = the channels, separated by spaces
-- ARGV  1 consumer  2 duration in ms; 0 to leave  3 channels, separated by spaces
-- Returns { { consumer, digest }.. }, { digest, channels, .. }.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local digest = redis.sha1hex(ARGV[3])
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'member:' .. ARGV[1])
else
  -- If Redis is out of memory, the consumers that were live then count as live until they can register again.
  local written = redis.pcall('HSET', KEYS[1], 'member:' .. ARGV[1], string.format('%.0f %s', now + tonumber(ARGV[2]), digest), 'channels:' .. digest, ARGV[3])
  if type(written) == 'table' and string.find(written.err, 'OOM', 1, true) then now = 0 end
end

local found, members, lists, used = redis.call('HGETALL', KEYS[1]), {}, {}, {}
for i = 1, #found, 2 do
  local consumer = string.match(found[i], '^member:(.+)$')
  if consumer then
    local until_ms, channels = string.match(found[i + 1], '^(%d+) (%x+)$')
    if until_ms and tonumber(until_ms) > now then
      members[#members + 1] = { consumer, channels }
      used[channels] = true
    else
      redis.call('HDEL', KEYS[1], found[i])
    end
  end
end
for i = 1, #found, 2 do
  local channels = string.match(found[i], '^channels:(%x+)$')
  if channels and used[channels] then
    lists[#lists + 1] = channels
    lists[#lists + 1] = found[i + 1]
  elseif not string.match(found[i], '^member:') then
    redis.call('HDEL', KEYS[1], found[i])
  end
end
return { members, lists }
