/**
 * The server's side of the lock: one Lua script per operation, so that looking and changing are one step. Redis 6 or newer,
 * which replicates effects, so that a script may read the server's clock.
 *
 * Four keys per scope, in one slot: the lock, `:fence`, and the line of waiters in two sorted sets, `:line` by arrival and
 * `:alive` by the moment until which a waiter counts without a sign of life. Times are the server's own, in milliseconds.
 * The lock's value is `TOKEN SINCE PARTY`, a waiter is `TOKEN PARTY`; whatever else stands under the lock's key is somebody
 * else's lock.
 *
 * Every script begins with the token of the caller and touches nothing that is not its own, but for waiters that went silent.
 */
import { hash } from 'node:crypto';

export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/** Generations of a scope that nobody locks for a month are forgotten; what begins anew begins later, see `nextFence`. */
const fenceLifeMs = 30 * 24 * 3_600_000;

const preamble = `
local lock, fence, line, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local token, party = ARGV[1], ARGV[2]
local me = token .. ' ' .. party
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local value = redis.call('get', lock)
local isMine = value and string.sub(value, 1, #token) == token

-- Those who are in line and not silent.
local function waiters() return redis.call('zcount', alive, '(' .. string.format('%.0f', now), '+inf') end

-- Who is not woken looks by itself, so a channel that the account may not write to must not turn what was done into
-- a failure.
local function wakeFirst(channel)
  local first = redis.call('zrange', line, 0, 0)[1]
  if first then redis.pcall('publish', channel .. string.sub(first, 1, 16), string.sub(first, 1, #token)) end
end
`;

/**
 * token party leaseMs floor patienceMs → {1, fence, waiters} granted | {0, restMs, place} refused.
 *
 * Granted when the lock is free and nobody waits who came before. With a patience the caller stands in line from now on and
 * has to come again before it has passed. A caller whose grant got lost on the way gets it again.
 *
 * A counter that is missing begins at the server's clock: later than anything counted before, on whatever host, as long as
 * there was less than one grant in a millisecond.
 */
export const seekScript = scriptOf(`
local leaseMs, floor, patienceMs = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

for _, silent in ipairs(redis.call('zrangebyscore', alive, '-inf', now)) do
  redis.call('zrem', line, silent)
  redis.call('zrem', alive, silent)
end

local function nextFence()
  local last = redis.call('get', fence)
  if not last then redis.call('set', fence, math.max(now, floor))
  elseif tonumber(last) < floor then redis.call('set', fence, floor) end
  local next = redis.call('incr', fence)
  redis.call('pexpire', fence, ${fenceLifeMs})
  return next
end

local first = redis.call('zrange', line, 0, 0)[1]
if isMine or (not value and (not first or first == me)) then
  local generation = nextFence()
  redis.call('set', lock, token .. ' ' .. string.format('%.0f', now) .. ' ' .. party, 'px', leaseMs)
  redis.call('zrem', line, me)
  redis.call('zrem', alive, me)
  return {1, generation, waiters()}
end
if patienceMs > 0 then
  redis.call('zadd', line, 'nx', time[1] * 1000000 + time[2], me)
  redis.call('zadd', alive, now + patienceMs, me)
  redis.call('pexpire', line, patienceMs * 2)
  redis.call('pexpire', alive, patienceMs * 2)
end
return {0, redis.call('pttl', lock), redis.call('zrank', line, me) or -1}
`);

/** token party leaseMs → {1, waiters} extended | {0, 0} not ours any more. */
export const extendScript = scriptOf(`
if not isMine then return {0, 0} end
redis.call('pexpire', lock, tonumber(ARGV[3]))
return {1, waiters()}
`);

/** token party channel → {wasOurs}: gives the lock back, or the place in line, and wakes who is first. */
export const giveBackScript = scriptOf(`
redis.call('zrem', line, me)
redis.call('zrem', alive, me)
if isMine then redis.call('del', lock) end
if isMine or not value then wakeFirst(ARGV[3]) end
return {isMine and 1 or 0}
`);

/** → {value or '', now, waiter, microseconds of its arrival, …}, those who count only. */
export const lookScript = scriptOf(`
local report = {value or '', now}
local waiting = redis.call('zrange', line, 0, -1, 'withscores')
for place = 1, #waiting, 2 do
  if tonumber(redis.call('zscore', alive, waiting[place]) or 0) > now then
    table.insert(report, waiting[place])
    table.insert(report, waiting[place + 1])
  end
end
return report
`);

function scriptOf(body: string): RedisScript {
  const source = `${preamble}${body}`;
  return { source, sha1: hash('sha1', source) };
}
