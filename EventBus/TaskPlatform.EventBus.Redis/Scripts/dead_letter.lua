-- Moves an entry to the dead letter queue. A repeated call changes nothing. An event that is in the stream twice, because its publisher
-- died before it could mark the event as published, becomes one dead letter. An event with the id of a different event becomes a separate
-- dead letter, and so does each unreadable entry.
-- KEYS  1 stream  2 event_dlq  3 event_dlq:index  4 event_dlq:kinds  5 event_dlq:by_kind  6 events:targeted
-- ARGV  1 group  2 consumer, '' for an entry that was acked before  3 entry id  4 1 if the entry is readable, else 0  5 stream's name without prefix  6.. fields of the dead letter
-- Returns 1 if a dead letter was added, 2 if the event already is a dead letter; or 0 without any change if the caller no longer owns the entry.
if ARGV[2] ~= '' then
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
  if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end
end

-- An operator emptied the queue, or another program replaced the index.
if redis.call('XLEN', KEYS[2]) == 0 or redis.call('TYPE', KEYS[3]).ok ~= 'hash' then redis.call('DEL', KEYS[3]) end

local fields = {}
for i = 6, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local function find(field)
  local id = redis.call('HGET', KEYS[3], field)
  return id and redis.pcall('XRANGE', KEYS[2], id, id)[1]
end

local field = ARGV[4] == '1' and by_event(fields) or by_entry(fields)
local known = find(field)
if known and fields_of(known).data ~= fields.data then
  field = by_content(fields)
  known = find(field)
end
if not known then
  local added = add_dead_letter(KEYS[2], ARGV, 6)
  if added.err then return added end
  redis.pcall('HSET', KEYS[3], field, added)
end
if ARGV[2] ~= '' then redis.call('XACK', KEYS[1], ARGV[1], ARGV[3]) end
redis.pcall('HDEL', KEYS[6], ARGV[5] .. ' ' .. ARGV[3])

-- Index now, so that queries need not catch up. A failure of the index must not prevent an event from becoming a dead letter.
pcall(catch_up, KEYS[2], KEYS[4], KEYS[5], 10)
return known and 2 or 1
