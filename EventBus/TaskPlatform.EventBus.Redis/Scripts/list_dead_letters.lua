-- Lists dead letters, with large values truncated.
-- KEYS  1 event_dlq
-- ARGV  1 XRANGE or XREVRANGE  2 start  3 end  4 maximum number of dead letters  5 maximum bytes of a value  6.. requested fields
-- Returns { { id, { field, value.. } }.. }; if a field occurs more than once, the last value counts.
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
