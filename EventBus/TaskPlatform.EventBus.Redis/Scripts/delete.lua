-- Deletes dead letters.
-- KEYS  1 event_dlq  2 event_dlq:index  3 event_dlq:kinds  4 event_dlq:by_kind  5 counter of deleted dead letters (optional)
-- ARGV  1.. ids of dead letters
-- Returns 1 for each that existed, else 0.
local results = {}
for i, id in ipairs(ARGV) do
  local dead_letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  results[i] = dead_letter and 1 or 0
  if dead_letter then remove_dead_letter(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], dead_letter[1], fields_of(dead_letter)) end
end
return results
