-- Gives dead letters back to the groups that gave up on them: each becomes a first delivery at the end of its stream, then
-- leaves the queue. A dead letter that is gone is left alone, so called twice it changes nothing; so is one whose stream has used up its ids.
-- KEYS  1 event_dlq  2 event_dlq:index  3 event_dlq:kinds  4 event_dlq:by_kind  5 events:targeted  6 counter of those done (optional)
-- ARGV  1 key prefix  2 what stands before the name of a header that the bus does not know  3 how many of those at the most
--       4 how many fields it knows  5.. their names, then ids of dead letters
-- Returns for each the id of its new entry, or gone, no_stream, no_group: then nothing is done to it.
-- The streams' keys come from the dead letters; where all keys share one hash tag (the prefix), that holds in a cluster too.
local header_prefix, max_headers, known_count = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local known = {}
for i = 5, 4 + known_count do known[ARGV[i]] = true end

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

-- The event as it was, for the group alone. Of a field that a dead letter has twice the last counts.
local function entry_of(dead_letter, fields)
  local entry, seen, headers = { 'attempt', '0', 'target_group', fields.group }, {}, 0
  for f = 1, #dead_letter, 2 do
    local name, header = dead_letter[f], nil
    if known[name] then
      header = name
    elseif string.sub(name, 1, #header_prefix) == header_prefix and headers < max_headers then
      header = string.sub(name, #header_prefix + 1)
    end
    if header and not seen[name] and fields[name] ~= '' then
      seen[name] = true
      if not known[name] then headers = headers + 1 end
      entry[#entry + 1] = header
      entry[#entry + 1] = fields[name]
    end
  end
  return entry
end

local results = {}
for i = 5 + known_count, #ARGV do
  local id = ARGV[i]
  local dead_letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  local fields = dead_letter and fields_of(dead_letter)

  local result
  if not dead_letter then
    result = 'gone'
  elseif not string.match(fields.stream or '', '^events:%l[%l%d_]*%.%l[%l%d_]*$') then
    result = 'no_stream'
  elseif not has_group(ARGV[1] .. fields.stream, fields.group or '') then
    result = 'no_group'
  else
    local stream = ARGV[1] .. fields.stream
    result = redis.pcall('XADD', stream, '*', unpack(entry_of(dead_letter[2], fields)))
    if not result.err then
      redis.pcall('HSET', KEYS[5], fields.stream .. ' ' .. result, (fields.event_id or '') .. ' ' .. fields.group)
      remove_dead_letter(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6], dead_letter[1], fields)
    elseif is_used_up(stream) then
      result = 'no_stream'
    else
      return result
    end
  end
  results[#results + 1] = result
end
return results
