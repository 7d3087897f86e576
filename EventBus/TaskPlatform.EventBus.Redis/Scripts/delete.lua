-- Deletes dead letters for good.
-- KEYS  1 event_dlq  2 event_dlq:index  3 event_dlq:kinds  4 event_dlq:by_kind  5 counter of those done (optional)
-- ARGV  1.. ids of dead letters
-- Returns 1 for each that was there, else 0.
local results = {}
for i, id in ipairs(ARGV) do
  local letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  results[i] = letter and 1 or 0
  if letter then
    local fields = {}
    for f = 1, #letter[2], 2 do fields[letter[2][f]] = letter[2][f + 1] end
    local known = (fields.group or '') .. ' ' .. (fields.event_id or '')
    if redis.call('HGET', KEYS[2], known) == id then redis.call('HDEL', KEYS[2], known) end
    unindex(KEYS[3], KEYS[4], id, fields)
    redis.call('XDEL', KEYS[1], id)
    if KEYS[5] then
      redis.call('INCR', KEYS[5])
      redis.call('EXPIRE', KEYS[5], 604800)
    end
  end
end
return results
