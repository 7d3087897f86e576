-- Stores the state of a service's outbox, using Redis's clock.
-- KEYS  1 events:outbox
-- ARGV  1 service  2 number of unpublished events  3 age of the oldest in ms
local time = redis.call('TIME')
local since = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%s %.0f', ARGV[2], since))
