-- Whether a group has finished a channel: it has read all entries, and none is pending but those that await a retry.
-- KEYS  1 stream
-- ARGV  1 group  2 consumer that owns entries awaiting a retry
-- Returns 1 or 0. A stream without entries is finished, whether the group exists or not.
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('XLEN', KEYS[1]) == 0 then return 1 end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
  if group.name == ARGV[1] then
    if entries_after(KEYS[1], group['last-delivered-id'], '+', 1)[1] then return 0 end
    local waiting = 0
    for _, consumer in ipairs(group.pending > 0 and redis.call('XPENDING', KEYS[1], ARGV[1])[4] or {}) do
      if consumer[1] == ARGV[2] then waiting = tonumber(consumer[2]) end
    end
    return group.pending == waiting and 1 or 0
  end
end
return 0
