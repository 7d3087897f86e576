-- What finds dead letters: the index by event, so that one event becomes one of them, and the index by kind, which is event type, group, reason
-- and exception. These functions stand in front of the scripts that use them.
-- What another program adds is indexed by the next query.
-- Keys: the hash event_dlq:index, field = event or entry, value = id of its dead letter; the hash event_dlq:kinds, field = kind (msgpack of its four values), value = its number; field '' = the last dead letter that is indexed;
--       the sorted set event_dlq:by_kind, all scores 0, member = number:id, both of fixed width, so that the order of a kind is that of its ids.
local max_kind_bytes = 500

local function fixed(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end

local function plain(id)
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
  if number then redis.call('ZREM', by_kind, prefix(number) .. fixed(id)) end
end

-- Indexes up to `limit` dead letters more.
-- Returns 0 where the index is complete, 1 where there are more, 2 where Redis takes no writes at the moment.
local function catch_up(dlq, kinds, by_kind, limit)
  local length = redis.call('XLEN', dlq)
  local last = redis.call('HGET', kinds, '')
  local entries = last and behind(dlq, last, '+', limit) or redis.call('XRANGE', dlq, '-', '+', 'COUNT', limit)
  if #entries > 0 then
    if type(redis.pcall('HSET', kinds, '', entries[#entries][1])) == 'table' then return 2 end
    for _, entry in ipairs(entries) do
      local kind = kind_of(fields_of(entry))
      local number = redis.call('HGET', kinds, kind)
      if not number then
        number = redis.call('HLEN', kinds)
        redis.call('HSET', kinds, kind, number)
      end
      redis.call('ZADD', by_kind, 0, prefix(number) .. fixed(entry[1]))
    end
    if #entries == tonumber(limit) then return 1 end
  end
  if redis.call('ZCARD', by_kind) == length then return 0 end

  -- Another program deleted some, which the index still has: it is made anew.
  redis.call('DEL', kinds, by_kind)
  return length > 0 and 1 or 0
end

-- The kinds that match `filter`, four values from ARGV[first] on: '' matches any, else '=' and the value.
-- Calls visit(number, kind) for each.
local function each_kind(kinds, first, visit)
  local found = redis.call('HGETALL', kinds)
  for i = 1, #found, 2 do
    if found[i] ~= '' then
      local kind = cmsgpack.unpack(found[i])
      if type(kind) ~= 'table' or #kind ~= 4 then error('a kind that can not be read') end
      local matches = true
      for part = 1, 4 do
        local wanted = ARGV[first + part - 1]
        if wanted ~= '' and wanted ~= '=' .. kind[part] then matches = false end
      end
      if matches then visit(tonumber(found[i + 1]), kind) end
    end
  end
end

-- Returns { 0, what read() returns } where the index is complete, else { the state that catch_up returns }. An index that can't be read, since
-- another program wrote to it, is dropped: the next query makes it anew.
local function by_index(dlq, kinds, by_kind, limit, read)
  local done, answer = pcall(function()
    local state = catch_up(dlq, kinds, by_kind, limit)
    return state == 0 and { 0, read() } or { state }
  end)
  if done then return answer end
  redis.pcall('DEL', kinds, by_kind)
  return { 2 }
end

-- Where a dead letter of these fields may stand in the index by event.
local function by_event(fields) return (fields.group or '') .. ' ' .. (fields.event_id or '') end

-- The place of one whose event has the id of another that is in the queue.
local function by_content(fields) return by_event(fields) .. ' ' .. redis.sha1hex(fields.data or '') end

-- The place of one that can't be read: its event id may be anything's.
local function by_entry(fields) return (fields.group or '') .. ' ' .. (fields.stream or '') .. ' ' .. (fields.original_id or '') end

-- Takes a dead letter out of the queue and the indexes, and counts it. Whatever is wrong with those, it leaves the queue.
local function remove_dead_letter(dlq, index, kinds, by_kind, counter, id, fields)
  redis.call('XDEL', dlq, id)
  for _, place_of in ipairs({ by_event, by_entry, by_content }) do
    local place = place_of(fields)
    if redis.pcall('HGET', index, place) == id then
      redis.call('HDEL', index, place)
      break
    end
  end
  pcall(unindex, kinds, by_kind, id, fields)
  if counter then
    redis.pcall('INCR', counter)
    redis.pcall('EXPIRE', counter, 604800)
  end
  if redis.call('XLEN', dlq) == 0 and is_used_up(dlq) then redis.call('DEL', dlq) end
end
