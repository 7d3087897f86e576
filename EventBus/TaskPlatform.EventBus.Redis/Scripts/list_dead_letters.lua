-- Lists dead letters without what may be large.
-- KEYS  1 event_dlq
-- ARGV  1 XRANGE or XREVRANGE  2 where to begin  3 where to end  4 how many at the most  5 bytes of a value at the most  6.. fields wanted
-- Returns { { id, { field, value.. } }.. }; of a field that a dead letter has twice the last counts.
local wanted = {}
for i = 6, #ARGV do wanted[ARGV[i]] = true end

local dead_letters = {}
for i, dead_letter in ipairs(redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])) do
  local fields = {}
  for f = 1, #dead_letter[2], 2 do
    if wanted[dead_letter[2][f]] then
      fields[#fields + 1] = dead_letter[2][f]
      fields[#fields + 1] = string.sub(dead_letter[2][f + 1], 1, ARGV[5])
    end
  end
  dead_letters[i] = { dead_letter[1], fields }
end
return dead_letters
