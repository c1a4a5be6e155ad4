/** Calls with another side: who hears whom, what is kept, and that neither side outlives the other. */
import { expect, it } from 'vitest';
import type { CallsOptions } from '../../../../gateway/calls/calls.ts';
import { LegError } from '../../../../gateway/errors.ts';
import { decided, routed } from '../../../support/dial-plan.ts';
import type { Action } from '../../../../gateway/calls/types.ts';
import { playThen } from '../../../support/actions.ts';
import { build, FakeLeg } from './support.ts';

const bridge: Action<'bridge'> = {
  kind: 'bridge',
  trunk: 'carrier',
  number: '+49301',
  from: null,
  dtmf: null,
  seconds: 30,
  otherwise: null,
};

async function calling(
  action: Parameters<typeof decided>[0] = bridge,
  more: Partial<CallsOptions> = {},
  device: Partial<Pick<FakeLeg, 'hearsEarly' | 'answerable'>> = {},
) {
  const scene = build(undefined, { route: () => routed(decided(action, { rule: 'out' })), ...more });
  const leg = Object.assign(new FakeLeg('call', scene.node, '49301', 'pbx'), device);
  scene.calls.accept(leg);
  await expect.poll(() => scene.outgoing.length + (leg.ended === null ? 0 : 1)).toBeGreaterThan(0);
  return { ...scene, leg, other: scene.outgoing[0] };
}

/** Both sides have answered. */
async function talking(more: Partial<typeof bridge> = {}) {
  const scene = await calling({ ...bridge, ...more });
  await expect.poll(() => scene.other.media).not.toBeNull();
  scene.other.answer();
  await expect.poll(async () => (await scene.calls.get('call'))?.state).toBe('talking');
  const mediaOf = (id: string) => scene.node.legs.find((one) => one.id === id);
  return { ...scene, own: mediaOf('call'), others: mediaOf('other') };
}

it('is placed by the trunk of the plan, on the caller’s behalf', async () => {
  const { other, leg, calls } = await calling();
  expect(other.asked).toMatchObject({ trunk: { name: 'carrier' }, number: '+49301', caller: leg.facts });
  expect(await calls.list()).toMatchObject([
    { id: 'call', state: 'bridging', direction: 'inbound' },
    { id: 'other', state: 'calling', direction: 'outbound', trunk: 'carrier', to: '+49301' },
  ]);
  await calls.close();
  expect(other.ended).toBe('shutting-down');
});

it('has both sides hear each other, in a place that nobody else knows', async () => {
  const { own, others, node, calls } = await talking();
  expect(own?.connected).toMatch(/^bridge\/[0-9a-f-]{36}$/);
  expect(others?.connected).toBe(own?.connected);
  expect([own?.hearing, others?.hearing]).toEqual(['room', 'room']);
  expect(node.legs.map(({ joined }) => joined)).toEqual([null, null]);
  await calls.close();
});

it('ends both when the other side hangs up; each has its record', async () => {
  const { other, leg, records, node, noted } = await talking();
  other.hangUp();
  await expect.poll(() => records.length).toBe(2);
  expect([leg.ended, other.ended]).toEqual(['other-side-hung-up', 'other-side-hung-up']);
  expect(records.find(({ id }) => id === 'other')).toMatchObject({
    direction: 'outbound',
    to: '+49301',
    trunk: 'carrier',
    rule: 'out',
    endReason: 'other-side-hung-up',
    trace: { bridgedWith: 'call' },
  });
  expect(records.find(({ id }) => id === 'call')).toMatchObject({
    direction: 'inbound',
    steps: [{ kind: 'bridge', subject: 'carrier', outcome: 'answered' }],
  });
  expect(node.open.filter(({ id }) => id === 'other')).toEqual([]);
  expect(noted.map(({ id }) => id)).toContain('other');
});

it.each(['call', 'other'])('ends both when %s is hung up by an administrator', async (id) => {
  const { other, leg, calls } = await talking();
  expect(await calls.hangUp(id, 'ended-by-admin')).toBe(true);
  await expect.poll(() => [leg.ended, other.ended]).toEqual(['ended-by-admin', 'ended-by-admin']);
});

it('gives up when the caller leaves while it rings', async () => {
  const { other, leg, records } = await calling();
  leg.leave('caller-cancelled');
  await expect.poll(() => other.ended).toBe('caller-cancelled');
  await expect.poll(() => records.length).toBe(2);
});

it.each(['busy', 'no-answer', 'unknown-number', 'trunk-refused'] as const)(
  'tells a caller who was not answered that it is %s',
  async (reason) => {
    const { other, leg } = await calling();
    other.fail(reason);
    await expect.poll(() => leg.ended).toBe(reason);
    expect(other.ended).toBe(reason);
  },
);

it('goes on as the plan says when it fails', async () => {
  const again = { ...bridge, number: '+49302' };
  const { other, outgoing, calls } = await calling({ ...bridge, otherwise: again });
  other.fail('busy');
  await expect.poll(() => outgoing[1]?.asked.number).toBe('+49302');
  await calls.close();
  expect(outgoing.map(({ ended }) => ended)).toEqual(['busy', 'shutting-down']);
});

it('fails where no call can go out', async () => {
  const callOut = () => {
    throw new LegError('trunk-unavailable');
  };
  const { leg } = await calling(bridge, { callOut });
  await expect.poll(() => leg.ended).toBe('trunk-unavailable');
  const gone = await calling(bridge, { trunk: () => null });
  await expect.poll(() => gone.leg.ended).toBe('trunk-unavailable');
});

it('is heard before it is answered, by a caller who is', async () => {
  const { node, calls, other, leg } = await (async () => {
    const scene = build(undefined, { route: () => routed(decided(playThen('news', bridge))) });
    const caller = new FakeLeg('call', scene.node, '49301', 'pbx');
    scene.calls.accept(caller);
    await expect.poll(() => scene.outgoing.at(0)?.media ?? null).not.toBeNull();
    return { ...scene, leg: caller, other: scene.outgoing[0] };
  })();
  const own = node.legs.find(({ id }) => id === leg.id);
  expect(own?.played.at(-1)?.loop).toBe(true);
  other.announce();
  await expect.poll(() => own?.connected).toMatch(/^bridge\//);
  expect(own?.hearing).toBe('room');
  other.fail('busy');
  await expect.poll(() => own?.connected).toBeNull();
  await calls.close();
});

it('rings at the caller’s device when it rings there, and no sooner', async () => {
  const { leg, other, calls } = await calling();
  expect(leg.rings).toBe(0);
  other.ring();
  expect(leg.rings).toBe(1);
  await calls.close();
});

it('is heard by a caller whose device plays what comes before its answer, and who is not answered for it', async () => {
  const { leg, other, node, records, calls } = await calling(bridge, {}, { hearsEarly: true });
  await expect.poll(() => other.media).not.toBeNull();
  other.announce();
  const own = () => node.legs.find(({ id }) => id === 'call');
  await expect.poll(() => own()?.hearing).toBe('room');
  expect(own()?.connected).toBe(other.media?.connected);
  expect(await calls.get('call')).toMatchObject({ state: 'bridging', answeredAt: null });
  other.fail('unknown-number');
  await expect.poll(() => leg.ended).toBe('unknown-number');
  expect(records.map(({ answeredAt }) => answeredAt)).toEqual([null, null]);
  await calls.close();
});

it('goes on to talk with whoever it heard before', async () => {
  const { leg, other, node, calls } = await calling(bridge, {}, { hearsEarly: true });
  await expect.poll(() => other.media).not.toBeNull();
  other.announce();
  await expect.poll(() => node.legs.find(({ id }) => id === 'call')?.hearing).toBe('room');
  other.answer();
  await expect.poll(async () => (await calls.get('call'))?.state).toBe('talking');
  expect(leg.rings).toBe(0);
  expect(node.legs.filter(({ id }) => id === 'call')).toHaveLength(1);
  await calls.close();
});

it('rings instead at a device that plays nothing before its answer', async () => {
  const { leg, other, node, calls } = await calling();
  await expect.poll(() => other.media).not.toBeNull();
  other.announce();
  await expect.poll(() => leg.rings).toBe(1);
  expect(node.legs.map(({ id }) => id)).toEqual(['other']);
  await calls.close();
});

it('calls nobody for a caller who can’t be answered', async () => {
  const { leg, outgoing } = await calling(bridge, {}, { answerable: false });
  expect(leg.ended).toBe('no-common-codec');
  expect(outgoing).toEqual([]);
});

it('presses the plan’s keys once it is answered, then the caller’s', async () => {
  const { own, other, calls } = await talking({ dtmf: 'ww123#' });
  own?.say('digit', '7');
  await expect.poll(() => other.pressed).toBe('ww123#7');
  await calls.close();
});

it('ends when the other side sends nothing any more and does not answer either', async () => {
  const { other, others, leg } = await talking();
  other.alive = false;
  others?.say('silent', 30_000);
  await expect.poll(() => leg.ended).toBe('peer-unreachable');
  expect(other.ended).toBe('peer-unreachable');
});
