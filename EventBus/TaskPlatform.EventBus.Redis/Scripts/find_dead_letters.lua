-- Lists the dead letters of some kinds without what may be large.
-- KEYS  1 event_dlq  2 event_dlq:kinds  3 event_dlq:by_kind
-- ARGV  1 how many to index at the most  2 only behind this id  3 up to this id  4 1 for the newest first, else 0  5 how many at the most
--       6..9 type, group, reason, exception: '' for any, else '=' and the value  10 bytes of a value at the most  11.. fields wanted
-- Returns { 0, { { id, { field, value.. } }.. } }; or { 1 } where the caller is to call again, { 2 } where there can be no index at the moment.
return by_index(KEYS[1], KEYS[2], KEYS[3], ARGV[1], function()
  local ids = {}
  each_kind(KEYS[2], 6, function(number)
    local from, to = '(' .. prefix(number) .. fixed(ARGV[2]), '[' .. prefix(number) .. fixed(ARGV[3])
    local members = ARGV[4] == '1' and redis.call('ZREVRANGEBYLEX', KEYS[3], to, from, 'LIMIT', 0, ARGV[5])
      or redis.call('ZRANGEBYLEX', KEYS[3], from, to, 'LIMIT', 0, ARGV[5])
    for _, member in ipairs(members) do ids[#ids + 1] = string.sub(member, 10) end
  end)
  table.sort(ids, ARGV[4] == '1' and function(a, b) return a > b end or nil)

  local wanted = {}
  for i = 11, #ARGV do wanted[ARGV[i]] = true end
  local dead_letters = {}
  for i = 1, math.min(#ids, tonumber(ARGV[5])) do
    local dead_letter = redis.call('XRANGE', KEYS[1], plain(ids[i]), plain(ids[i]))[1]
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
