-- Keeps what the elected process found: the counts that growth is measured from, and the alerts that fire or are over.
-- KEYS  1 events:sampler  2 events:alerts  3 events:alerts:unpublished  4 events:counts
-- ARGV  1 sampler's name  2 how many changes may wait to be published; 0 where no event is made of them
--       3 how many counts follow  4.. name, count..  then for each alert: rule and subject, the alert as JSON, and 1 if it fires, 0 if it is
--       over, 2 if it still fires and only its text is new: that is kept, and no change to be published
-- Returns 1, or 0 where another process is elected: nothing is kept then, and that process finds it itself.
-- Repeated, it changes nothing. An alert that can't be read counts as none; a list or hash of another kind costs only what it was for.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local changes = 4 + 2 * tonumber(ARGV[3])
for i = 4, changes - 1, 2 do redis.pcall('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end

local function start_of(alert)
  local readable, decoded = pcall(cjson.decode, alert)
  return readable and type(decoded) == 'table' and decoded.starts_at
end

for i = changes, #ARGV, 3 do
  -- An alert is the same as long as it began at the same time; its text changes.
  local name, alert, state = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', KEYS[2], name)
  local is_known = known and start_of(known) == start_of(alert)
  local is_new = false
  if state == '1' then
    is_new = not is_known
    if is_new then redis.call('HSET', KEYS[2], name, alert) end
  elseif is_known and state == '0' then
    is_new = true
    redis.call('HDEL', KEYS[2], name)
  elseif is_known then
    redis.call('HSET', KEYS[2], name, alert)
  end
  if is_new and ARGV[2] ~= '0' then
    redis.pcall('RPUSH', KEYS[3], alert)
    redis.pcall('LTRIM', KEYS[3], -tonumber(ARGV[2]), -1)
  end
end
return 1
