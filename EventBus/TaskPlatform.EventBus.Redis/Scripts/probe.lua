-- Asks which run of the server this is, and which entries it still has.
-- KEYS  1.. streams
-- ARGV  1.. an entry id for each
-- Returns { the run's id, 1 or 0 for each entry }.
local answer = { string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '' }
for i, id in ipairs(ARGV) do
  local found = redis.pcall('XRANGE', KEYS[i], id, id)
  answer[i + 1] = not found.err and #found or 0
end
return answer
