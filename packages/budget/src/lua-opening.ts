/**
 * What every script begins with. All times are Redis's own: the clocks of the callers play no part. Times are
 * milliseconds, paces microseconds; Lua would write a number of 16 digits in short, hence `whole`.
 */
export const NOW = `
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local function whole(number) return string.format('%.0f', number) end
`;

/**
 * KEYS: slots (a sorted set, score = when), freeze, state (a hash). The state's fields:
 * `epoch` (µs, when this state began), `run` (of which Redis), `calls`, `windowMs`, `configuredAt`; `rate` (calls that
 * are granted now), `lowered` (1 while paced after a 429 or a loss), `nextRaiseAt`; `assumedAt`, `assumed`, `together`
 * (below); `grantedAt`; `throttledAt`, `thawAt`, `accepted`, `strikes` of the latest event; `next:<pace>` (µs),
 * `asked:<class>`.
 */
export const STATE = `
local slots, freezeKey, stateKey = KEYS[1], KEYS[2], KEYS[3]
local state = {}
local stored = redis.call('HGETALL', stateKey)
for i = 1, #stored, 2 do state[stored[i]] = tonumber(stored[i + 1]) or stored[i + 1] end
local function set(name, value)
  state[name] = value
  redis.call('HSET', stateKey, name, type(value) == 'number' and whole(value) or value)
end
local frozenFor = math.max(0, tonumber(redis.call('GET', freezeKey) or 0) - now)

-- A 429 tells which calls were not accepted; a slot that is given back in its freeze was no call at all.
local function oneAcceptedLess()
  if not state.accepted then return end
  set('accepted', math.max(0, state.accepted - 1))
  set('rate', math.max(1, math.floor(state.accepted * 9 / 10)))
end
`;

/**
 * What the window holds beside slots: calls that are taken to have been made before the state began. The margin of
 * max(1 %, 50 ms): the other side measures its own window by its own clock, and calls take unequal times to arrive.
 */
export const ASSUMED = `
local window = math.ceil(state.windowMs + math.max(state.windowMs / 100, 50))
local function assumedAt(at)
  local passed = at - state.assumedAt
  if passed >= window then return 0 end
  if state.together == 1 then return state.assumed end
  return state.assumed - math.floor(passed * (state.assumed + 1) / window)
end
`;

/** A server that was idle for a week has forgotten nothing that still counts. */
const KEEP_STATE_MS = 7 * 24 * 3_600_000;

/**
 * Brings the state up to date before anything is judged by it.
 *
 * **Whose rate.** A process announces its rate at its first call (`configuredAt` 0) and gets the moment back; the latest
 * announcement wins, also when the state was lost in between.
 *
 * **A lost window.** Each process remembers the epoch that it last saw, and the state the run of its Redis. A missing
 * state of which somebody knows (FLUSHALL), and a state out of another run (a restart from an old dump, a replica that
 * lags), mean that calls of the last window are forgotten: it is taken to be full as of now, so nothing goes for a whole
 * window, and the first ones after it are paced. A missing state of which nobody knows is a first start, or all
 * processes began anew: then it is taken that the lower classes' part was used evenly, so the first calls go at once and
 * the rest of the first window is paced. What is assumed is a count that shrinks with time, not slots: a rate of 100,000
 * a minute costs no more than one of 6.
 *
 * **The way back.** A raise is 10 %, at least one call, at the most one in `raiseEvery` and in a window, which has to
 * show first what the last one did. By time, used or not: a limit that came back shows only by asking, the quiet hours
 * are the cheap ones to find out, and being wrong costs one refused call. Paced (`lowered`) until one more interval has
 * passed at the full rate.
 *
 * ARGV: calls, length of the window, configuredAt or 0, epoch or 0 (-1 where a loss is never to be waited out),
 * raiseEvery.
 */
export const OPENING = `${NOW}${STATE}
local function lowerCalls(rate) return math.max(1, rate - math.max(1, math.floor(rate / 10))) end

local configuredAt, knownEpoch = tonumber(ARGV[3]), tonumber(ARGV[4])
if configuredAt == 0 then configuredAt = math.max(now, (state.configuredAt or 0) + 1) end
local windowGrew = false
if configuredAt > (state.configuredAt or 0) then
  local calls, windowMs = tonumber(ARGV[1]), tonumber(ARGV[2])
  local rate = calls
  if state.lowered == 1 then
    rate = math.max(1, math.min(calls, math.floor(state.rate * windowMs / state.windowMs)))
  end
  windowGrew = state.windowMs ~= nil and windowMs > state.windowMs
  set('calls', calls)
  set('windowMs', windowMs)
  set('rate', rate)
  set('configuredAt', configuredAt)
end

${ASSUMED}
local raiseInterval = math.max(tonumber(ARGV[5]), window)

local function assume(count, together)
  set('assumedAt', now)
  set('assumed', math.max(0, count))
  set('together', together)
end
local function assumeFull()
  assume(state.calls, 1)
  set('lowered', 1)
  set('nextRaiseAt', now + window + raiseInterval)
end

local function assumeEven() assume(lowerCalls(state.calls) - 1 - redis.call('ZCARD', slots), 0) end

local info = redis.pcall('INFO', 'server') -- may be forbidden: then a restart is noticed by the missing state only
local run = 'run ' .. (type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown')
local isMissing = state.epoch == nil
if isMissing or state.run ~= run then
  if not isMissing then redis.call('DEL', slots) end
  if knownEpoch > 0 or (knownEpoch == 0 and not isMissing) then assumeFull() else assumeEven() end
  set('epoch', micros)
  set('run', run)
elseif knownEpoch > 0 and knownEpoch ~= state.epoch and state.together == 0 and now < state.assumedAt + window then
  assumeFull() -- a newcomer came first and could not know that there had been calls
elseif windowGrew then
  assumeEven()
end
if redis.call('PTTL', stateKey) < math.max(${KEEP_STATE_MS}, 2 * window) * 0.9 then
  redis.call('PEXPIRE', stateKey, whole(math.max(${KEEP_STATE_MS}, 2 * window)))
end

-- The clock was set back: what seems to lie ahead was at the latest just now.
for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', slots, '(' .. whole(now), '+inf')) do
  redis.call('ZADD', slots, 'XX', whole(now), ahead)
end
if state.assumedAt > now then set('assumedAt', now) end
redis.call('ZREMRANGEBYSCORE', slots, '-inf', whole(now - window))

if state.lowered == 1 and state.nextRaiseAt > now + frozenFor + window + raiseInterval then
  set('nextRaiseAt', now + raiseInterval)
end

if state.lowered == 1 and frozenFor == 0 and now >= state.nextRaiseAt then
  if state.rate < state.calls then
    set('rate', math.min(state.calls, math.max(state.rate + 1, math.floor(state.rate * 11 / 10))))
  else
    set('lowered', 0)
  end
  set('nextRaiseAt', now + raiseInterval)
  state.accepted = nil
  redis.call('HDEL', stateKey, 'accepted')
end
`;
