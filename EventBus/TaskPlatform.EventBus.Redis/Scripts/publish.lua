-- Adds events to their streams in order. After a stream refuses an event, the later ones for it are skipped, so that none overtakes it.
-- KEYS  1.. streams
-- ARGV  1 number of fields  2.. their names, then for each event: the index of its stream in KEYS, one value per field ('' = absent)
-- Returns for each event its entry id, or the error's text.
local width = tonumber(ARGV[1])
local replies, refused = {}, {}
for event = width + 2, #ARGV, width + 1 do
  local stream = tonumber(ARGV[event])
  local reply = refused[stream]
  if not reply then
    local fields = {}
    for i = 1, width do
      if ARGV[event + i] ~= '' then
        fields[#fields + 1] = ARGV[i + 1]
        fields[#fields + 1] = ARGV[event + i]
      end
    end
    reply = redis.pcall('XADD', KEYS[stream], '*', unpack(fields))
    if reply.err then
      reply = reply.err
      refused[stream] = reply
    end
  end
  replies[#replies + 1] = reply
end
return replies
