-- Stores the results of the elected process: its sample, the baseline counts for growth alerts, and the alerts that are firing or resolved.
-- KEYS  1 events:sampler  2 events:alerts  3 events:alerts:unpublished  4 events:counts  5 events:sample
-- ARGV  1 sampler's name  2 the sample as JSON  3 its lifetime in ms  4 maximum number of unpublished changes; 0 if changes are not published
--       5 number of counts  6.. name, count..  then for each alert: rule and subject, the alert as JSON, and its state: 1 firing, 0 resolved,
--       2 still firing with a new text, which is stored but not published
-- Returns 1; or 0 without any change if another process is elected, which will detect the changes itself.
-- A repeated call changes nothing. An unreadable alert is treated as absent; a list or hash of the wrong type affects only its own purpose.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.pcall('SET', KEYS[5], ARGV[2], 'PX', ARGV[3])
local changes = 6 + 2 * tonumber(ARGV[5])
for i = 6, changes - 1, 2 do redis.pcall('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end

local function start_of(alert)
  local readable, decoded = pcall(cjson.decode, alert)
  return readable and type(decoded) == 'table' and decoded.starts_at
end

for i = changes, #ARGV, 3 do
  -- Two alerts are the same if they started at the same time; the text may change.
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
  if is_new and ARGV[4] ~= '0' then
    redis.pcall('RPUSH', KEYS[3], alert)
    redis.pcall('LTRIM', KEYS[3], -tonumber(ARGV[4]), -1)
  end
end
return 1
