import { LuaScript } from './lua-script.js';

/** All times are Redis's own, in whole milliseconds: the clocks of the callers play no part. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Puts a slot at now if the window that ends now has room, else leaves it out. A slot that stands in the window already
 * is taken out first, so that the same act takes a new slot, moves an old one to now, and gives a refused one back.
 *
 * No slot ever lies in the future, so the window that ends now is the only one that a new slot can overfill.
 *
 * KEYS: slots, freeze. ARGV: slot, calls that the window may hold, length of the window in ms.
 * Answers 0 when granted, else after how many ms to ask again.
 */
export const PUT_AT_NOW = new LuaScript(`${NOW}
local slots, freeze = KEYS[1], KEYS[2]
local slot, calls, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

redis.call('ZREM', slots, slot)
local frozenFor = tonumber(redis.call('GET', freeze) or 0) - now
if frozenFor > 0 then return frozenFor end

redis.call('ZREMRANGEBYSCORE', slots, '-inf', now - window)
-- The clock was set back: what seems to lie ahead was taken at the latest just now.
for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', slots, string.format('(%.0f', now), '+inf')) do
  redis.call('ZADD', slots, 'XX', now, ahead)
end

local taken = redis.call('ZCARD', slots)
if taken < calls then
  redis.call('ZADD', slots, now, slot)
  redis.call('PEXPIRE', slots, window)
  return 0
end
local lastInTheWay = redis.call('ZRANGE', slots, taken - calls, taken - calls, 'WITHSCORES')
return math.max(1, tonumber(lastInTheWay[2]) + window - now)
`);

/** KEYS: freeze. ARGV: ms. A longer freeze that lasts already is left alone. Answers the ms that remain. */
export const FREEZE = new LuaScript(`${NOW}
local wanted = tonumber(ARGV[1])
local remaining = tonumber(redis.call('GET', KEYS[1]) or 0) - now
if remaining >= wanted then return remaining end
redis.call('SET', KEYS[1], string.format('%.0f', now + wanted), 'PX', wanted)
return wanted
`);

/** KEYS: freeze. Answers the ms that remain, 0 when nothing is frozen. */
export const FROZEN_FOR = new LuaScript(`${NOW}
return math.max(0, tonumber(redis.call('GET', KEYS[1]) or 0) - now)
`);
