-- Counts dead letters by kind.
-- KEYS  1 event_dlq  2 event_dlq:kinds  3 event_dlq:by_kind
-- ARGV  1 how many to index at the most  2 only behind this id  3 up to this id  4..7 type, group, reason, exception: '' for any, else '=' and the value
--       8 bytes of an error at the most
-- Returns { 0, { { type, group, reason, exception, how many, first id, last id, error of the last }.. } }; or { 1 } where the caller is to call
--   again, { 2 } where there can be no index at the moment.
return by_index(KEYS[1], KEYS[2], KEYS[3], ARGV[1], function()
  local counts = {}
  each_kind(KEYS[2], 4, function(number, kind)
    local from, to = '(' .. prefix(number) .. fixed(ARGV[2]), '[' .. prefix(number) .. fixed(ARGV[3])
    local count = redis.call('ZLEXCOUNT', KEYS[3], from, to)
    if count > 0 then
      local first = plain(string.sub(redis.call('ZRANGEBYLEX', KEYS[3], from, to, 'LIMIT', 0, 1)[1], 10))
      local last = plain(string.sub(redis.call('ZREVRANGEBYLEX', KEYS[3], to, from, 'LIMIT', 0, 1)[1], 10))
      local newest = redis.call('XRANGE', KEYS[1], last, last)[1]
      local err = string.sub(fields_of(newest).error or '', 1, ARGV[8])
      counts[#counts + 1] = { kind[1], kind[2], kind[3], kind[4], count, first, last, err }
    end
  end)
  return counts
end)
