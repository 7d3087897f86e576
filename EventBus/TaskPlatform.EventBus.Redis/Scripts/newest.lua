-- Reads the newest entries of a stream backwards, except for entries that target one group or have no valid event id. A key of the wrong
-- type is treated as an empty stream.
-- KEYS  1 stream
-- ARGV  1 start: + or (id  2 maximum number of entries to read
-- Returns { start of the next page or '' at the end, { { entry id, event id, SHA-1 of data }.. } }.
local from, left, bytes, newest = ARGV[1], tonumber(ARGV[2]), 0, {}
while left > 0 and bytes <= page_bytes do
  local entries = redis.pcall('XREVRANGE', KEYS[1], from, '-', 'COUNT', math.min(left, 10)) -- Entries may be large.
  if entries.err or not entries[1] then return { '', newest } end
  for _, entry in ipairs(entries) do
    local values = {}
    for i = 1, #entry[2], 2 do values[entry[2][i]] = entry[2][i + 1] end
    if #(values.event_id or '') == 36 and values.data and (values.target_group or '') == '' then
      newest[#newest + 1] = { entry[1], values.event_id, redis.sha1hex(values.data) }
    end
    bytes = bytes + size_of(entry[2])
  end
  from = '(' .. entries[#entries][1]
  left = left - #entries
end
return { from, newest }
