-- Moves an entry to the dead letter queue. Called twice it changes nothing; and an event that stands in the stream twice,
-- because its publisher died before it could note that it had published it, becomes one dead letter. One that has the id of another event, but
-- says something else, becomes a dead letter of its own; so does each entry that can't be read.
-- KEYS  1 stream  2 event_dlq  3 event_dlq:index  4 event_dlq:kinds  5 event_dlq:by_kind  6 events:targeted
-- ARGV  1 group  2 consumer  3 entry id  4 1 where the entry could be read, else 0  5 stream's name without prefix  6.. fields of the dead letter
-- Returns 1 where a dead letter was made, 2 where the event is one already, 0 when the caller no longer owns the entry: then nothing is done.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end

-- An operator emptied the queue, or put something else into the index's place.
if redis.call('XLEN', KEYS[2]) == 0 or redis.call('TYPE', KEYS[3]).ok ~= 'hash' then redis.call('DEL', KEYS[3]) end

local fields = {}
for i = 6, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local function find(place)
  local id = redis.call('HGET', KEYS[3], place)
  return id and redis.pcall('XRANGE', KEYS[2], id, id)[1]
end

local place = ARGV[4] == '1' and by_event(fields) or by_entry(fields)
local known = find(place)
if known and fields_of(known).data ~= fields.data then
  place = by_content(fields)
  known = find(place)
end
if not known then
  local added = add_dead_letter(KEYS[2], ARGV, 6)
  if added.err then return added end
  redis.pcall('HSET', KEYS[3], place, added)
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.pcall('HDEL', KEYS[6], ARGV[5] .. ' ' .. ARGV[3])

-- So that the queries have nothing to catch up with. Whatever is wrong with the index keeps no event from becoming a dead letter.
pcall(catch_up, KEYS[2], KEYS[4], KEYS[5], 10)
return known and 2 or 1
