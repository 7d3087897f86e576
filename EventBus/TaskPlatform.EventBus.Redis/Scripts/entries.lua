-- Whatever a publisher adds to a stream, the scripts can go on behind it. These functions stand in front of the scripts that use them.

-- A page of entries ends when it has so many bytes.
local page_bytes = 8 * 1024 * 1024

local function size_of(fields)
  local bytes = 0
  for _, part in ipairs(fields) do bytes = bytes + #part end
  return bytes
end

-- Redis knows nothing behind the largest id, and adds nothing after it.
local largest_id = '18446744073709551615-18446744073709551615'

-- The entries behind an id.
local function behind(stream, id, up_to, count)
  return id == largest_id and {} or redis.call('XRANGE', stream, '(' .. id, up_to, 'COUNT', count)
end

-- Whether a stream has given its largest id, so that it takes no more entries.
local function is_used_up(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] == largest_id end
  end
  return false
end

-- Adds a dead letter of these fields, from the place `first` on. An empty queue that has used up its ids begins anew.
-- Returns its id, or an error.
local function add_dead_letter(dlq, fields, first)
  local added = redis.pcall('XADD', dlq, '*', unpack(fields, first))
  if not added.err or not is_used_up(dlq) then return added end
  if redis.call('XLEN', dlq) > 0 then
    return redis.error_reply('ERR event_dlq has used up its ids and takes no more dead letters. '
      .. 'Remedy: reprocess or delete those in it; an empty queue begins anew.')
  end
  redis.call('DEL', dlq)
  return redis.pcall('XADD', dlq, '*', unpack(fields, first))
end
