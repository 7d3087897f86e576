-- Functions for two indexes of dead letters: by event, so that one event becomes one dead letter, and by kind (event type, group, reason and
-- exception). Script.cs prepends this file to the scripts that use it.
-- Dead letters added by other programs are indexed by the next query.
-- Keys: hash event_dlq:index, field = event or entry, value = id of its dead letter;
--       hash event_dlq:kinds, field = kind (msgpack of its four values), value = its number; field '' = the last dead letter indexed;
--       sorted set event_dlq:by_kind, all scores 0, member = number:id, both of fixed width, so that each kind is ordered by id.
local max_kind_bytes = 500

local function pad(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end

local function unpad(id)
  local ms, seq = string.match(id, '^0*(%d+)%-0*(%d+)$')
  return ms .. '-' .. seq
end

local function prefix(number) return string.format('%08d:', number) end

local function fields_of(dead_letter)
  local fields = {}
  for f = 1, #dead_letter[2], 2 do fields[dead_letter[2][f]] = dead_letter[2][f + 1] end
  return fields
end

local function kind_of(fields)
  local type = fields.type or ''
  if type == '' then type = string.gsub(fields.stream or '', '^events:', '') end
  local function cut(value) return string.sub(value or '', 1, max_kind_bytes) end
  return cmsgpack.pack({ cut(type), cut(fields.group), cut(fields.reason), cut(fields.exception) })
end

local function unindex(kinds, by_kind, id, fields)
  local number = redis.call('HGET', kinds, kind_of(fields))
  if number then redis.call('ZREM', by_kind, prefix(number) .. pad(id)) end
end

-- Indexes up to `limit` more dead letters.
-- Returns 0 if the index is complete, 1 if there are more to index, 2 if Redis refuses writes.
local function catch_up(dlq, kinds, by_kind, limit)
  local length = redis.call('XLEN', dlq)
  local last = redis.call('HGET', kinds, '')
  local entries = last and entries_after(dlq, last, '+', limit) or redis.call('XRANGE', dlq, '-', '+', 'COUNT', limit)
  if #entries > 0 then
    if type(redis.pcall('HSET', kinds, '', entries[#entries][1])) == 'table' then return 2 end
    for _, entry in ipairs(entries) do
      local kind = kind_of(fields_of(entry))
      local number = redis.call('HGET', kinds, kind)
      if not number then
        number = redis.call('HLEN', kinds)
        redis.call('HSET', kinds, kind, number)
      end
      redis.call('ZADD', by_kind, 0, prefix(number) .. pad(entry[1]))
    end
    if #entries == tonumber(limit) then return 1 end
  end
  if redis.call('ZCARD', by_kind) == length then return 0 end

  -- Another program deleted dead letters that are still in the index, so it is rebuilt.
  redis.call('DEL', kinds, by_kind)
  return length > 0 and 1 or 0
end

-- Calls visit(number, kind) for each kind that matches a filter. ARGV[first] is the first of the filter's four values: '' matches any,
-- otherwise '=' and the value.
local function each_kind(kinds, first, visit)
  local found = redis.call('HGETALL', kinds)
  for i = 1, #found, 2 do
    if found[i] ~= '' then
      local kind = cmsgpack.unpack(found[i])
      if type(kind) ~= 'table' or #kind ~= 4 then error('unreadable kind') end
      local matches = true
      for part = 1, 4 do
        local wanted = ARGV[first + part - 1]
        if wanted ~= '' and wanted ~= '=' .. kind[part] then matches = false end
      end
      if matches then visit(tonumber(found[i + 1]), kind) end
    end
  end
end

-- Returns { 0, result of read() } if the index is complete, otherwise { state from catch_up }. An index made unreadable by another program
-- is deleted; the next query rebuilds it.
local function by_index(dlq, kinds, by_kind, limit, read)
  local done, result = pcall(function()
    local state = catch_up(dlq, kinds, by_kind, limit)
    return state == 0 and { 0, read() } or { state }
  end)
  if done then return result end
  redis.pcall('DEL', kinds, by_kind)
  return { 2 }
end

-- The field of a dead letter in the index by event.
local function by_event(fields) return (fields.group or '') .. ' ' .. (fields.event_id or '') end

-- The field if the queue has a different event with the same id.
local function by_content(fields) return by_event(fields) .. ' ' .. redis.sha1hex(fields.data or '') end

-- The field of an unreadable entry, whose event id may belong to another event.
local function by_entry(fields) return (fields.group or '') .. ' ' .. (fields.stream or '') .. ' ' .. (fields.original_id or '') end

-- Removes a dead letter from the queue and the indexes, and counts it. It leaves the queue even if the indexes are damaged.
local function remove_dead_letter(dlq, index, kinds, by_kind, counter, id, fields)
  redis.call('XDEL', dlq, id)
  for _, field_of in ipairs({ by_event, by_entry, by_content }) do
    local field = field_of(fields)
    if redis.pcall('HGET', index, field) == id then
      redis.call('HDEL', index, field)
      break
    end
  end
  pcall(unindex, kinds, by_kind, id, fields)
  if counter then
    redis.pcall('INCR', counter)
    redis.pcall('EXPIRE', counter, 604800)
  end
  if redis.call('XLEN', dlq) == 0 and is_exhausted(dlq) then redis.call('DEL', dlq) end
end
