import { WEIGHT_OF_PACED } from './rate.js';

const WEIGHTS = Object.entries(WEIGHT_OF_PACED)
  .map(([name, weight]) => `${name} = ${weight}`)
  .join(', ');

/**
 * What a class may have, after the opening.
 *
 * **Ceiling**: how many calls the window may hold for one more of this class to be refused. Lower classes leave
 * max(1, 10 %) to live sends. A rate of one call leaves nothing to reserve: there every class may have it, else the
 * lower ones would never get a turn. A probe goes up to the configured rate, whatever the rate was lowered to: it passes
 * the freeze and nothing else, but no call ever goes over what was agreed.
 *
 * **Pace**: a lower class spreads its part of the lower part evenly over the window; a campaign has a share of the rate
 * that it never goes beyond. While the rate is lowered all calls
 * together are spread evenly over the window too: then a limit that is met again is met by one call, where a burst would
 * meet it with all that are in flight. A timer that woke late by up to 10 ms is made good, so that lateness does not add
 * up; more than that is not, for what is made good goes out as a burst.
 */
export const WINDOW = `
local WEIGHTS = { ${WEIGHTS} }
local LATE = 10000

local function ceilingOf(class)
  if class == 'probe' then return state.calls end
  if class == 'send' then return state.rate end
  return lowerCalls(state.rate)
end

local function usedAt(at)
  return redis.call('ZCOUNT', slots, '(' .. whole(at - window), '+inf') + assumedAt(at)
end
-- The window only empties from here on, so the moment is found by halving: 17 looks for a minute.
local function msUntilBelow(ceiling)
  local no, yes = 0, window
  if usedAt(now) < ceiling then return 0 end
  while yes - no > 1 do
    local middle = math.floor((no + yes) / 2)
    if usedAt(now + middle) < ceiling then yes = middle else no = middle end
  end
  return yes
end

local function pacesOf(class, share)
  local paces = {}
  if state.lowered == 1 and class ~= 'probe' then
    paces[1] = { name = 'next:all', gap = window * 1000 / state.rate }
  end
  local weight = WEIGHTS[class]
  if weight then
    local all = weight
    for other, its in pairs(WEIGHTS) do
      if other ~= class and (state['asked:' .. other] or 0) > now - window then all = all + its end
    end
    local gap = window * 1000 * all / (weight * lowerCalls(state.rate))
    if share > 0 then gap = math.max(gap, window * 1000 * 1000000 / (share * state.rate)) end
    paces[#paces + 1] = { name = 'next:' .. class, gap = gap }
  end
  -- Never further away than one gap: the clock may have been set back, or the gap been a wider one.
  for _, pace in ipairs(paces) do pace.next = math.min(state[pace.name] or 0, micros + pace.gap) end
  return paces
end
local function msUntilPaced(paces)
  local wait = 0
  for _, pace in ipairs(paces) do wait = math.max(wait, math.ceil((pace.next - micros) / 1000)) end
  return wait
end
`;
