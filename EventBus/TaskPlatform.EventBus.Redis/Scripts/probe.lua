-- Returns the server's run id, and whether it still has the given entries.
-- KEYS  1.. streams
-- ARGV  1.. an entry id for each
-- Returns { run id, 1 or 0 for each entry }.
local reply = { string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '' }
for i, id in ipairs(ARGV) do
  local found = redis.pcall('XRANGE', KEYS[i], id, id)
  reply[i + 1] = not found.err and #found or 0
end
return reply
