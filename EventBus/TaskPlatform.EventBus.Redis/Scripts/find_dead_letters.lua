-- Lists dead letters of some kinds, with large values truncated.
-- KEYS  1 event_dlq  2 event_dlq:kinds  3 event_dlq:by_kind
-- ARGV  1 maximum number of entries to index  2 exclusive lower bound  3 inclusive upper bound  4 1 for newest first, else 0
--       5 maximum number of results  6..9 type, group, reason, exception: '' for any, otherwise '=' and the value
--       10 maximum bytes of a value  11.. requested fields
-- Returns { 0, { { id, { field, value.. } }.. } }; or { 1 } if the caller has to call again, { 2 } if the index is unavailable.
return by_index(KEYS[1], KEYS[2], KEYS[3], ARGV[1], function()
  local ids = {}
  each_kind(KEYS[2], 6, function(number)
    local from, to = '(' .. prefix(number) .. pad(ARGV[2]), '[' .. prefix(number) .. pad(ARGV[3])
    local members = ARGV[4] == '1' and redis.call('ZREVRANGEBYLEX', KEYS[3], to, from, 'LIMIT', 0, ARGV[5])
      or redis.call('ZRANGEBYLEX', KEYS[3], from, to, 'LIMIT', 0, ARGV[5])
    for _, member in ipairs(members) do ids[#ids + 1] = string.sub(member, 10) end
  end)
  table.sort(ids, ARGV[4] == '1' and function(a, b) return a > b end or nil)

  local wanted = {}
  for i = 11, #ARGV do wanted[ARGV[i]] = true end
  local dead_letters = {}
  for i = 1, math.min(#ids, tonumber(ARGV[5])) do
    local dead_letter = redis.call('XRANGE', KEYS[1], unpad(ids[i]), unpad(ids[i]))[1]
    local fields = {}
    for f = 1, #dead_letter[2], 2 do
      if wanted[dead_letter[2][f]] then
        fields[#fields + 1] = dead_letter[2][f]
        fields[#fields + 1] = string.sub(dead_letter[2][f + 1], 1, ARGV[10])
      end
    end
    dead_letters[i] = { dead_letter[1], fields }
  end
  return dead_letters
end)
