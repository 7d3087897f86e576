-- Adds events to their streams, in their order. A stream that refuses one is not asked for the next: it would overtake.
-- KEYS  1.. streams
-- ARGV  1 how many fields an entry may have  2.. their names  then for each event: the place of its stream in KEYS, a value a field ('' = none)
-- Returns for each event the id of its entry, or the error's text.
local width = tonumber(ARGV[1])
local answers, refused = {}, {}
for event = width + 2, #ARGV, width + 1 do
  local stream = tonumber(ARGV[event])
  local answer = refused[stream]
  if not answer then
    local fields = {}
    for i = 1, width do
      if ARGV[event + i] ~= '' then
        fields[#fields + 1] = ARGV[i + 1]
        fields[#fields + 1] = ARGV[event + i]
      end
    end
    answer = redis.pcall('XADD', KEYS[stream], '*', unpack(fields))
    if answer.err then
      answer = answer.err
      refused[stream] = answer
    end
  end
  answers[#answers + 1] = answer
end
return answers
