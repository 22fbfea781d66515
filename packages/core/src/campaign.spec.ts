import { campaignPart, campaignSpeed, isFailedOutcome, type CampaignCandidate, type CampaignPart } from './campaign.js';
import { HAND_OFF_STATES } from './hand-off-state.js';

const rejected: CampaignCandidate = {
  state: 'rejected',
  reason: 'http-422',
  hasDoubt: false,
  hasId: false,
  hasReference: true,
  beforeLive: false,
  cancelRequested: false,
  identityChanged: false,
  isSendable: true,
};
const held = (reason: string, over: Partial<CampaignCandidate> = {}) =>
  campaignPart({ ...rejected, state: 'held', reason, ...over }, false);

describe('what a campaign re-arms is certainly not processed', () => {
  it.each<[string, CampaignPart]>([
    ['mapping', 're-arm'],
    ['deadline', 're-arm'],
    ['person', 'person'],
    ['in-doubt', 'in-doubt'],
    ['before-go-live', 'before-go-live'],
    ['conflict', 'person'],
    ['exists', 'person'],
    ['reference-taken', 'person'],
    ['order-identity-changed', 'person'],
    ['id-belongs-to-order-7', 'person'],
    ['a reason of a later version', 'person'],
  ])('held: %s is %s', (reason, part) => {
    expect(held(reason)).toBe(part);
    // Whatever the reason says, a doubt stays one.
    expect(['in-doubt', 'has-id']).toContain(held(reason, { hasDoubt: true }));
  });

  it('what a person holds only where that was asked for by name', () => {
    expect(campaignPart({ ...rejected, state: 'held', reason: 'person' }, true)).toBe('re-arm');
    expect(campaignPart({ ...rejected, state: 'held', reason: 'person', hasDoubt: true }, true)).toBe('in-doubt');
  });

  it('of all states only held and rejected', () => {
    const parts = HAND_OFF_STATES.map((state) => [state, campaignPart({ ...rejected, state, reason: null }, true)]);
    expect(Object.fromEntries(parts)).toEqual({
      waiting: 'by-itself',
      ready: 'by-itself',
      sending: 'by-itself',
      sent: 'has-id',
      written_back: 'has-id',
      in_doubt: 'in-doubt',
      held: 'person',
      rejected: 're-arm',
      cancelled: 'not-sendable',
      skipped: 'not-sendable',
      adopted: 'has-id',
      shadowed: 'before-go-live',
      not_for_hft71: 'not-hft71s',
    });
    expect(campaignPart({ ...rejected, state: null, reason: null }, false)).toBe('not-sendable');
    expect(campaignPart({ ...rejected, state: null, reason: null, beforeLive: true }, false)).toBe('before-go-live');
  });

  it.each<[string, Partial<CampaignCandidate>, CampaignPart]>([
    ['an id', { hasId: true }, 'has-id'],
    ['a doubt', { hasDoubt: true }, 'in-doubt'],
    ['no reference of its own', { hasReference: false }, 'person'],
    ['a cancellation noted', { cancelRequested: true }, 'person'],
    ['another order under its id', { identityChanged: true }, 'person'],
    ['an age before going live', { beforeLive: true }, 'before-go-live'],
    ['a status that is not sent', { isSendable: false }, 'not-sendable'],
  ])('a rejected order with %s is not', (_what, over, part) => {
    expect(campaignPart({ ...rejected, ...over }, true)).toBe(part);
  });
});

it('a conflict is a person’s matter although an id is known', () => {
  expect(held('conflict', { hasId: true })).toBe('person');
  expect(held('conflict', { hasId: true, hasDoubt: true })).toBe('in-doubt');
});

it('counts as failed what HFT71 refused or may have, and what is held but by a person', () => {
  const failed = HAND_OFF_STATES.filter((state) => isFailedOutcome(state, null));
  expect(failed).toEqual(['in_doubt', 'held', 'rejected']);
  expect(isFailedOutcome('held', 'person')).toBe(false);
});

it('is as fast as the narrower of HFT71’s share and the shop’s limit', () => {
  const hft71 = { calls: 60, windowMs: 60_000 };
  const minute = (perMs: number) => Math.round(perMs * 60_000);
  expect(minute(campaignSpeed({ hft71, share: 0.5, shop: { calls: 600, windowMs: 60_000 } }))).toBe(30);
  expect(minute(campaignSpeed({ hft71, share: 0.5, shop: { calls: 60, windowMs: 60_000 } }))).toBe(15);
});
