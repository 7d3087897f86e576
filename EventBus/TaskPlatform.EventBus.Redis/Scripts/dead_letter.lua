-- Moves an entry to the dead letter queue. Called twice it changes nothing; and an event that stands in the stream twice,
-- because its publisher died before it could note that it had published it, becomes one dead letter.
-- KEYS  1 stream  2 event_dlq  3 event_dlq:index  4 event_dlq:kinds  5 event_dlq:by_kind  6 events:targeted
-- ARGV  1 group  2 consumer  3 entry id  4 group that gives it up, and event id
--       5 stream's name without prefix  6.. fields of the dead letter
-- Returns 1 where a dead letter was made, 2 where the event is one already, 0 when the caller no longer owns the entry: then nothing is done.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if not pending[1] or pending[1][2] ~= ARGV[2] then return 0 end

if redis.call('XLEN', KEYS[2]) == 0 then redis.call('DEL', KEYS[3]) end -- An operator emptied the queue.
local known = redis.call('HGET', KEYS[3], ARGV[4])
local made = 2
if not known or not redis.call('XRANGE', KEYS[2], known, known)[1] then
  local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 6))
  redis.call('HSET', KEYS[3], ARGV[4], id)
  made = 1
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.pcall('HDEL', KEYS[6], ARGV[5] .. ' ' .. ARGV[3])

-- So that the queries have nothing to catch up with. Whatever is wrong with the index keeps no event from becoming a dead letter.
pcall(catch_up, KEYS[2], KEYS[4], KEYS[5], 10)
return made
