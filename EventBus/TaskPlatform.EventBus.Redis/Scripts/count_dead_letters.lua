-- Counts dead letters by kind.
-- KEYS  1 event_dlq  2 event_dlq:kinds  3 event_dlq:by_kind
-- ARGV  1 maximum number of entries to index  2 exclusive lower bound  3 inclusive upper bound
--       4..7 type, group, reason, exception: '' for any, otherwise '=' and the value  8 maximum bytes of an error
-- Returns { 0, { { type, group, reason, exception, count, first id, last id, error of the last }.. } }; or { 1 } if the caller has to call
--   again, { 2 } if the index is unavailable.
return by_index(KEYS[1], KEYS[2], KEYS[3], ARGV[1], function()
  local counts = {}
  each_kind(KEYS[2], 4, function(number, kind)
    local from, to = '(' .. prefix(number) .. pad(ARGV[2]), '[' .. prefix(number) .. pad(ARGV[3])
    local count = redis.call('ZLEXCOUNT', KEYS[3], from, to)
    if count > 0 then
      local first = unpad(string.sub(redis.call('ZRANGEBYLEX', KEYS[3], from, to, 'LIMIT', 0, 1)[1], 10))
      local last = unpad(string.sub(redis.call('ZREVRANGEBYLEX', KEYS[3], to, from, 'LIMIT', 0, 1)[1], 10))
      local newest = redis.call('XRANGE', KEYS[1], last, last)[1]
      local err = string.sub(fields_of(newest).error or '', 1, ARGV[8])
      counts[#counts + 1] = { kind[1], kind[2], kind[3], kind[4], count, first, last, err }
    end
  end)
  return counts
end)
