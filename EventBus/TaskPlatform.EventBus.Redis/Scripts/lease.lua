-- Renews, acquires and reads the leases of a group's channels, and registers the caller among the live consumers of the group.
-- KEYS  1 events:leases:<group>, a hash:
--         field lease:<channel>, value = until (ms, Redis's clock), client (the connection through which the owner reads), run (the server process that knows
--           that connection) and owner, separated by spaces;
--         field member:<consumer>, value = until and the digest of the channels that it can read;
--         field channels:<digest>, value = those channels, separated by spaces
-- ARGV  1 consumer  2 client id of its reader's connection  3 duration in ms  4 1 if the caller counts as live, else 0
--       5 the channels that it can read, separated by spaces  6.. for each lease: channel, and hold (the caller owns it), acquire, or look
-- Returns { { consumer, digest }.. }, { digest, channels.. }, { owner of each channel, or '' if it is free or expired }, { client id.. to close }.
-- An expired lease still belongs to its owner until another consumer acquires it, and so does one that can't be renewed because Redis is out of
-- memory: then no other consumer can acquire it either. A repeated call changes nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expiry = string.format('%.0f', now + tonumber(ARGV[3]))
local stored, fields = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #stored, 2 do fields[stored[i]] = stored[i + 1] end

local changes, gone = {}, {}
local function set(field, value)
  changes[#changes + 1] = field
  changes[#changes + 1] = value
  fields[field] = value
end

local digest = redis.sha1hex(ARGV[5])
if ARGV[4] == '1' then
  set('member:' .. ARGV[1], expiry .. ' ' .. digest)
  if fields['channels:' .. digest] ~= ARGV[5] then set('channels:' .. digest, ARGV[5]) end
end

local owners, closed, before, run = {}, {}, {}, nil
for i = 6, #ARGV, 2 do
  local channel, mode = ARGV[i], ARGV[i + 1]
  local valid_until, client, known_by, owner = string.match(fields['lease:' .. channel] or '', '^(%d+) (%d+) (%x*) (.+)$')
  local is_own = owner == ARGV[1]
  local is_free = not owner or tonumber(valid_until) <= now
  local at = (i - 4) / 2
  before[at] = (is_own and client == ARGV[2] and mode == 'hold') and owner or (is_free and '' or owner)
  if mode ~= 'look' and (is_own or (mode == 'acquire' and is_free)) then
    if not (is_own and client == ARGV[2]) then
      run = run or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
      if client and client ~= ARGV[2] and known_by == run then closed[#closed + 1] = client end
    end
    set('lease:' .. channel, string.format('%s %s %s %s', expiry, ARGV[2], run or known_by, ARGV[1]))
    owners[at] = ARGV[1]
  else
    owners[at] = is_free and '' or owner
  end
end

if #changes > 0 then
  local written = redis.pcall('HSET', KEYS[1], unpack(changes))
  if type(written) == 'table' then
    if not string.find(written.err, 'OOM', 1, true) then return written end
    owners, closed, now = before, {}, 0
  end
end

local members, lists, used = {}, {}, {}
for field, value in pairs(fields) do
  local consumer = string.match(field, '^member:(.+)$')
  if consumer then
    local valid_until, channels = string.match(value, '^(%d+) (%x+)$')
    if valid_until and tonumber(valid_until) > now then
      members[#members + 1] = { consumer, channels }
      used[channels] = true
    else
      gone[#gone + 1] = field
    end
  end
end
for field, value in pairs(fields) do
  local channels = string.match(field, '^channels:(%x+)$')
  if channels and used[channels] then
    lists[#lists + 1] = channels
    lists[#lists + 1] = value
  elseif channels then
    gone[#gone + 1] = field
  end
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
return { members, lists, owners, closed }
