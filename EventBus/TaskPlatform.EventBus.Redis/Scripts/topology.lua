-- Records the topology with which a log is published, if none is recorded or the one that it replaces is.
-- KEYS  1 events:topology
-- ARGV  1 service  2 topology  3 the topology that it replaces, or ''
-- Returns the recorded topology.
local recorded = redis.call('HGET', KEYS[1], ARGV[1])
if not recorded or recorded == ARGV[3] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  return ARGV[2]
end
return recorded
