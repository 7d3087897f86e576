-- Renews, acquires and reads leases of channels. A lease is a hash: owner, client (the connection through which the owner reads), run (the server
-- process that knows this connection), until (ms, Redis's clock).
-- KEYS  1.. leases
-- ARGV  1 consumer  2 client id of its reader's connection  3 duration in ms  4.. for each lease: hold (the caller owns it), acquire, or look
-- Returns for each { owner or '' if it is free or expired, client id of the previous owner's connection if it has to be closed, else '' }.
-- An expired lease still belongs to its owner until another consumer acquires it, and so does one that can't be renewed because Redis is out of
-- memory: then no other consumer can acquire it either. A repeated call changes nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run

-- Returns the client id to close, or nil if the lease could not be written.
local function take(key, lease)
  run = run or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
  local written = redis.pcall('HSET', key, 'owner', ARGV[1], 'client', ARGV[2], 'run', run, 'until', now + tonumber(ARGV[3]))
  if type(written) == 'table' then
    if not string.find(written.err, 'OOM', 1, true) then error(written.err, 0) end
    return nil
  end
  redis.call('PEXPIRE', key, 604800000)
  return lease[3] == run and lease[2] ~= ARGV[2] and lease[2] or ''
end

local results = {}
for i, key in ipairs(KEYS) do
  local lease = redis.call('HMGET', key, 'owner', 'client', 'run', 'until')
  local is_own = lease[1] == ARGV[1]
  local is_free = not lease[1] or (tonumber(lease[4]) or 0) <= now
  local mode = ARGV[3 + i]
  local can_take = mode ~= 'look' and (is_own or (mode == 'acquire' and is_free))
  local closed = can_take and take(key, lease)
  if closed or (can_take and is_own and lease[2] == ARGV[2]) then
    results[i] = { ARGV[1], closed or '' }
  else
    results[i] = { is_free and '' or lease[1], '' }
  end
end
return results
