-- Gives dead letters back to the groups that gave up on them: each becomes a first delivery at the end of its stream, then
-- leaves the queue. A letter that is gone is left alone, so called twice it changes nothing.
-- KEYS  1 event_dlq  2 event_dlq:index  3 event_dlq:kinds  4 event_dlq:by_kind  5 counter of those done (optional)
-- ARGV  1 key prefix  2.. ids of dead letters
-- Returns for each the id of its new entry, or gone, no_stream, no_group: then nothing is done to it.
-- The streams' keys come from the letters; where all keys share one hash tag (the prefix), that holds in a cluster too.
local carried = { 'data', 'event_id', 'aggregate_version', 'schema', 'traceparent', 'tracestate', 'correlation_id',
  'causation_id', 'replay_id', 'first_entry_id', 'first_failed_at' }

local groups = {}
local function has_group(stream, name)
  if not groups[stream] then
    groups[stream] = {}
    local found = redis.pcall('XINFO', 'GROUPS', stream)
    for _, info in ipairs(found.err and {} or found) do
      for i = 1, #info, 2 do
        if info[i] == 'name' then groups[stream][info[i + 1]] = true end
      end
    end
  end
  return groups[stream][name]
end

local results = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  local fields = {}
  for f = 1, letter and #letter[2] or 0, 2 do fields[letter[2][f]] = letter[2][f + 1] end

  if not letter then
    results[i - 1] = 'gone'
  elseif not string.match(fields.stream or '', '^events:%l[%l%d_]*%.%l[%l%d_]*$') then
    results[i - 1] = 'no_stream'
  elseif not has_group(ARGV[1] .. fields.stream, fields.group or '') then
    results[i - 1] = 'no_group'
  else
    local entry = { 'attempt', '0', 'target_group', fields.group }
    for _, name in ipairs(carried) do
      if fields[name] and fields[name] ~= '' then
        entry[#entry + 1] = name
        entry[#entry + 1] = fields[name]
      end
    end
    results[i - 1] = redis.call('XADD', ARGV[1] .. fields.stream, '*', unpack(entry))

    local known = fields.group .. ' ' .. (fields.event_id or '')
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
