-- Functions that let scripts handle large entries and the largest possible id. Script.cs prepends this file to the scripts that use it.

-- A page of entries ends after this number of bytes.
local page_bytes = 8 * 1024 * 1024

local function size_of(fields)
  local bytes = 0
  for _, part in ipairs(fields) do bytes = bytes + #part end
  return bytes
end

-- XRANGE rejects an exclusive start at the largest id, and XADD can't add anything after it.
local largest_id = '18446744073709551615-18446744073709551615'

-- Returns the entries after an id.
local function entries_after(stream, id, up_to, count)
  return id == largest_id and {} or redis.call('XRANGE', stream, '(' .. id, up_to, 'COUNT', count)
end

-- Whether a stream's last id is the largest possible, so that it accepts no more entries.
local function is_exhausted(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] == largest_id end
  end
  return false
end

-- Adds a dead letter from `fields`, starting at index `first`. An empty queue whose ids are exhausted is recreated.
-- Returns its id, or an error.
local function add_dead_letter(dlq, fields, first)
  local added = redis.pcall('XADD', dlq, '*', unpack(fields, first))
  if not added.err or not is_exhausted(dlq) then return added end
  if redis.call('XLEN', dlq) > 0 then
    return redis.error_reply('ERR event_dlq has exhausted its ids and accepts no more dead letters. '
      .. 'Reprocess or delete its dead letters; an empty queue is recreated.')
  end
  redis.call('DEL', dlq)
  return redis.pcall('XADD', dlq, '*', unpack(fields, first))
end
