import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { missingForSipp, sipp } from '../support/sipp.ts';
import type { SippOptions } from '../support/sipp.ts';
import { until } from '../support/until.ts';

/** The echo test's number: answered at once, no room needed. */
const echo = '9196';

describeWith([missingForSipp, missingForGateway()], 'SIPp calls the gateway', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterEach(async () => {
    // SIPp may take a repeated 200 for its BYE's and go without ACK and BYE: RFC 3261 §13.3.1.4 ends that after 32 s.
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(() => gateway.close());

  function run(scenario: string, more: Partial<SippOptions> = {}): Promise<void> {
    return sipp({ scenario, to: `127.0.0.1:${gateway.sipPort}`, user: echo, ...more });
  }

  it.each(['udp', 'tcp'] as const)('makes a call over %s', async (transport) => {
    await run('basic-call', { transport });
  });

  it.each([
    ['offers nothing and gets our offer', 'late-offer'],
    ['holds in both ways and comes back', 'hold-and-resume'],
    ['refreshes the session by an UPDATE without a body', 'update'],
    ['wants 180 reliably', 'reliable-ring'],
    ['offers encrypted media only', 'encrypted-call'],
  ])('%s', async (_what, scenario) => {
    await run(scenario);
    await run(scenario, { transport: 'tcp' });
  });

  it.each([
    ['an extension that nobody has: 420', 'unknown-require'],
    ['Max-Forwards 0: 483', 'no-hops-left'],
    ['no From: 400', 'missing-from'],
    ['SIP/9.0: 505', 'other-version'],
    // drachtio-server drops it unanswered.
    ...(realEdge() ? [] : [['a method that nobody knows: 405', 'unknown-method']]),
    ['only G.729: 488', 'no-common-codec'],
    ['encrypted media whose keys it can not use: 488', 'unusable-keys'],
    ['a request in no dialog: 481', 'bye-of-no-call'],
  ])('refuses %s', async (_what, scenario) => {
    await run(scenario);
    await run(scenario, { transport: 'tcp' });
  });

  it('refuses a number that no rule knows: 404 and the reason', async () => {
    await run('unknown-number', { user: '5551234' });
  });

  it('takes a PIN as INFO digits; the administrator ends the call', async () => {
    const { pins } = await gateway.meeting('sipp');
    const digits = Object.fromEntries(Array.from(pins.guest, (digit, i) => [`digit${i + 1}`, digit]));
    const over = run('pin-by-info', { user: '1000', keys: digits });
    const id = await until(
      'the caller is in the room',
      async () => (await gateway.calls()).find(({ room, participant }) => room === 'sipp' && participant)?.id,
      20_000,
    );
    expect((await gateway.api(`/calls/${id}`, { method: 'DELETE' })).status).toBeLessThan(300);
    await over;
    expect(gateway.log()).not.toContain(pins.guest);
  });

  it('takes 100 calls at 20 a second', async () => {
    await run('basic-call', { calls: 100, perSecond: 20, deadlineSeconds: 60 });
  }, 90_000);

  it('brings calls through a way that loses every fourth message', async () => {
    await run('lossy-call', { calls: 20, perSecond: 10, deadlineSeconds: 80 });
  }, 120_000);
});
