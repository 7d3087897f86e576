-- Reprocesses dead letters for the groups in which they failed: each is added to its stream as a first delivery and removed from the
-- queue. A missing dead letter is skipped, so that a repeated call changes nothing. So is one whose stream has exhausted its ids.
-- KEYS  1 event_dlq  2 event_dlq:index  3 event_dlq:kinds  4 event_dlq:by_kind  5 events:targeted  6 counter of reprocessed ones (optional)
-- ARGV  1 key prefix  2 prefix of unknown headers  3 maximum number of unknown headers  4 1 if the group is to skip the events, else 0
--       5 number of known fields  6.. their names, then ids of dead letters
-- Returns for each the id of its new entry; or gone, no_stream or no_group if it was skipped.
-- The streams' keys are derived from the dead letters. In a cluster, all keys must share one hash tag (the prefix).
local header_prefix, max_headers, known_count = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])
local known = {}
for i = 6, 5 + known_count do known[ARGV[i]] = true end

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

local function is_channel(name)
  return string.match(name, '^events:%l[%l%d_]*%.%l[%l%d_]*$') or string.match(name, '^events:{%l[%l%d_.]*:%d+}$')
end

-- The original event, targeted at the group. If a field occurs more than once, the last value counts.
local function entry_of(dead_letter, fields)
  local entry, seen, headers = { 'attempt', '0', 'target_group', fields.group }, {}, 0
  if ARGV[4] == '1' then
    entry[#entry + 1] = 'skip'
    entry[#entry + 1] = '1'
  end
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
for i = 6 + known_count, #ARGV do
  local id = ARGV[i]
  local dead_letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  local fields = dead_letter and fields_of(dead_letter)

  local result
  if not dead_letter then
    result = 'gone'
  elseif not is_channel(fields.stream or '') then
    result = 'no_stream'
  elseif not has_group(ARGV[1] .. fields.stream, fields.group or '') then
    result = 'no_group'
  else
    local stream = ARGV[1] .. fields.stream
    result = redis.pcall('XADD', stream, '*', unpack(entry_of(dead_letter[2], fields)))
    if not result.err then
      redis.pcall('HSET', KEYS[5], fields.stream .. ' ' .. result, (fields.event_id or '') .. ' ' .. fields.group)
      remove_dead_letter(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6], dead_letter[1], fields)
    elseif is_exhausted(stream) then
      result = 'no_stream'
    else
      return result
    end
  end
  results[#results + 1] = result
end
return results
