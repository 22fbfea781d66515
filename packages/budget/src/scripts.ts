import { ASSUMED, NOW, OPENING, STATE } from './lua-opening.js';
import { WINDOW } from './lua-window.js';
import { LuaScript } from './lua-script.js';

/**
 * Puts a slot at now if the window that ends now has room, else leaves it out. A slot that stands in the window already
 * is taken out first, so that the same act takes a new slot, moves an old one to now, and gives a refused one back. The
 * pace is asked of new slots only: a slot that is moved has waited for its turn.
 *
 * No slot ever lies in the future, so the window that ends now is the only one that a new slot can overfill.
 *
 * ARGV after the opening's: slot, class, share (in parts of a million, 0 for none of its own). Answers: after how many ms to ask again (0 when granted), epoch, configuredAt.
 */
export const PUT_AT_NOW = new LuaScript(`${OPENING}${WINDOW}
local slot, class, share = ARGV[6], ARGV[7], tonumber(ARGV[8])

local held = redis.call('ZREM', slots, slot) == 1
if frozenFor > 0 then
  if held and state.throttledAt and now < state.thawAt then oneAcceptedLess() end
  return { frozenFor, state.epoch, configuredAt }
end

if WEIGHTS[class] then set('asked:' .. class, now) end
local paces = held and {} or pacesOf(class, share)
local wait = math.max(msUntilBelow(ceilingOf(class)), msUntilPaced(paces))
if wait == 0 then
  redis.call('ZADD', slots, whole(now), slot)
  redis.call('PEXPIRE', slots, whole(window))
  set('grantedAt', now)
  for _, pace in ipairs(paces) do set(pace.name, math.max(pace.next, micros - LATE) + pace.gap) end
end
return { wait, state.epoch, configuredAt }
`);

/**
 * How many could be taken by then. Takes nothing; it begins and raises, so that a state which was lost is noticed by
 * whoever only looks.
 *
 * ARGV after the opening's: class, share, within how many ms. Answers: free, after how many ms to ask again (0 when some are
 * free), epoch, configuredAt.
 */
export const ROOM = new LuaScript(`${OPENING}${WINDOW}
local class, share, within = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local ceiling, paces = ceilingOf(class), pacesOf(class, share)

local free = ceiling - usedAt(now + within)
local byThen = micros + within * 1000
for _, pace in ipairs(paces) do
  local unused = byThen - math.max(pace.next, micros - LATE)
  free = math.min(free, unused < 0 and 0 or 1 + math.floor(unused / pace.gap))
end
if free > 0 and frozenFor <= within then return { free, 0, state.epoch, configuredAt } end
local wait = math.max(1, frozenFor, msUntilBelow(ceiling), msUntilPaced(paces))
return { 0, wait, state.epoch, configuredAt }
`);

/** For a call that was not made. KEYS as the opening's. ARGV: slot. Answers how many were taken out. */
export const GIVE_BACK = new LuaScript(`${NOW}${STATE}
local removed = redis.call('ZREM', slots, ARGV[1])
if removed == 1 and state.throttledAt and now < state.thawAt then oneAcceptedLess() end
return { removed }
`);

/**
 * For a call that left later than its slot says: the other side counts it from then on, and so does the window. A slot is
 * only ever moved on, never beyond now. KEYS as the opening's. ARGV: slot, how many ms ago. Answers 1 where it was moved.
 */
export const COUNT_FROM = new LuaScript(`${NOW}
local slots = KEYS[1]
local held = tonumber(redis.call('ZSCORE', slots, ARGV[1]) or 0)
local at = now - math.max(0, tonumber(ARGV[2]))
if held == 0 or at <= held then return { 0 } end
redis.call('ZADD', slots, 'XX', whole(at), ARGV[1])
redis.call('PEXPIRE', slots, whole(math.max(redis.call('PTTL', slots), 0) + at - held))
return { 1 }
`);

const FREEZE_FOR = `
local function freezeFor(wanted)
  local remaining = tonumber(redis.call('GET', freezeKey) or 0) - now
  if remaining >= wanted then return remaining end
  redis.call('SET', freezeKey, whole(now + wanted), 'PX', whole(wanted))
  return wanted
end
`;

/**
 * One event is: all 429s until its freeze ends, and later ones of calls that were made before it began (the slot tells;
 * without it, that no slot was granted since). It lowers the rate once, to 0.9 of what was accepted in the last full
 * window; each further 429 of the event only takes its own call off what was accepted.
 *
 * It freezes until Retry-After. Where that is missing, negative or zero: for a whole window, since who counts refused
 * calls too has room again only when all of it has passed; twice as long with each event that follows within a window
 * after the last thaw, and then also where a Retry-After is shorter, for it was believed before. Up to a tenth is added,
 * so that several relays do not come back together.
 *
 * ARGV after the opening's: Retry-After in ms or -1, a random number below 1, longest freeze, slot or ''.
 * Answers: frozen for so many ms, 1 when this is a new event, epoch, configuredAt.
 */
export const THROTTLED = new LuaScript(`${OPENING}${WINDOW}${FREEZE_FOR}
local retryAfter, random, longest, slot = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]

local madeAt = tonumber(redis.call('ZSCORE', slots, slot) or state.grantedAt or 0)
local isKnown = state.throttledAt ~= nil and state.throttledAt <= now
  and (now < state.thawAt or madeAt <= state.throttledAt)

if isKnown then
  oneAcceptedLess()
else
  local isRepeated = state.thawAt ~= nil and now - state.thawAt < window
  set('strikes', isRepeated and state.strikes + 1 or 1)
  local lastWindow = redis.call('ZCOUNT', slots, '(' .. whole(now - state.windowMs), '+inf') + assumedAt(now)
  set('accepted', math.min(lastWindow, state.rate)) -- the window may hold calls of a higher rate still
  set('throttledAt', now)
  set('thawAt', now)
  oneAcceptedLess()
end

local doublings = retryAfter > 0 and state.strikes - 2 or state.strikes - 1
local wanted = retryAfter
if doublings >= 0 then
  wanted = math.max(wanted, window * 2 ^ math.min(doublings, 20) * (1 + random / 10))
end
local frozen = freezeFor(math.ceil(math.min(wanted, longest)))
set('thawAt', math.max(state.thawAt, now + frozen))
set('lowered', 1)
set('nextRaiseAt', state.thawAt + raiseInterval)
return { frozen, isKnown and 0 or 1, state.epoch, configuredAt }
`);

/** KEYS: slots, freeze, state. ARGV: ms. A longer freeze that lasts already is left alone. Answers the ms that remain. */
export const FREEZE = new LuaScript(`${NOW}
local freezeKey = KEYS[2]
${FREEZE_FOR}
return { freezeFor(tonumber(ARGV[1])) }
`);

/** KEYS: slots, freeze, state. Answers the ms that remain, 0 when nothing is frozen. */
export const FROZEN_FOR = new LuaScript(`${NOW}
return { math.max(0, tonumber(redis.call('GET', KEYS[2]) or 0) - now) }
`);

/**
 * Reads, and changes nothing. Answers: now, frozen for, how many calls are assumed, the state's fields and values (none
 * before anybody called), the slots in the window.
 */
export const LOOK = new LuaScript(`${NOW}${STATE}
if not state.epoch then return { now, frozenFor, 0, {}, {} } end
${ASSUMED}
local inside = redis.call('ZRANGEBYSCORE', slots, '(' .. whole(now - window), '+inf')
return { now, frozenFor, assumedAt(now), stored, inside }
`);
