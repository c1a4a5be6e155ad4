import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { gateway as clause, stack } from '../support/clause.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { missingForSipp, sipp } from '../support/sipp.ts';
import type { SippOptions } from '../support/sipp.ts';
import { until } from '../support/until.ts';

/** The echo test's number: answered at once, no room needed. */
const echo = '9196';

interface Behaviour {
  readonly section: string;
  readonly what: string;
  /** A file of `test/interop/sipp`. */
  readonly scenario: string;
  readonly layer?: typeof stack;
}

const behaviours: readonly Behaviour[] = [
  {
    section: 'RFC 3261 §13.2.1',
    what: 'gives its own offer where there is none',
    scenario: 'rfc3261-13.2.1-late-offer',
  },
  { section: 'RFC 3261 §9.2', what: 'lets a caller give up while it rings', scenario: 'rfc3261-9.2-cancel' },
  { section: 'RFC 3261 §11.2', what: 'says truly what it can', scenario: 'rfc3261-11.2-options' },
  {
    section: 'RFC 3261 §14.2',
    what: 'refuses a re-INVITE and keeps the call',
    scenario: 'rfc3261-14.2-refused-offer',
  },
  {
    section: 'RFC 3261 §12.2.2',
    what: 'refuses a request in no dialog',
    scenario: 'rfc3261-12.2.2-no-dialog',
  },
  {
    section: 'RFC 3261 §8.2.2.3',
    what: 'refuses an extension that nobody has',
    scenario: 'rfc3261-8.2.2.3-unknown-require',
  },
  {
    section: 'RFC 3261 §8.2.3',
    what: 'refuses a body that it can not read',
    scenario: 'rfc3261-8.2.3-unknown-body',
  },
  { section: 'RFC 3261 §16.3', what: 'refuses Max-Forwards 0', scenario: 'rfc3261-16.3-no-hops' },
  {
    section: 'RFC 3261 §8.1.1',
    what: 'refuses an INVITE without From',
    scenario: 'rfc3261-8.1.1-no-from',
    layer: stack,
  },
  { section: 'RFC 3261 §21.5.6', what: 'refuses SIP/9.0', scenario: 'rfc3261-21.5.6-version', layer: stack },
  {
    section: 'RFC 3261 §13.3.1.3',
    what: 'refuses G.729 alone before it rings',
    scenario: 'rfc3261-13.3.1.3-no-codec',
  },
  { section: 'RFC 3262 §3', what: 'rings reliably for who wants it', scenario: 'rfc3262-3-reliable-ring' },
  { section: 'RFC 3264 §8.4', what: 'is held in both ways and comes back', scenario: 'rfc3264-8.4-hold' },
  { section: 'RFC 3264 §6', what: 'refuses a line in its place', scenario: 'rfc3264-6-rejected-line' },
  { section: 'RFC 3311 §5.2', what: 'takes an UPDATE without a body', scenario: 'rfc3311-5.2-update' },
  { section: 'RFC 3311 §5.1', what: 'answers an offer in an UPDATE', scenario: 'rfc3311-5.1-update-offer' },
  { section: 'RFC 4568 §5.1.2', what: 'answers encrypted media as such', scenario: 'rfc4568-5.1.2-call' },
  {
    section: 'RFC 4568 §5.1.2',
    what: 'refuses keys that it can not use',
    scenario: 'rfc4568-5.1.2-unusable-keys',
  },
  {
    section: 'RFC 6086 §4.2.2',
    what: 'refuses an INFO of an unknown package',
    scenario: 'rfc6086-4.2.2-unknown-info',
  },
];

describeWith([missingForSipp, missingForGateway()], 'SIPp calls the gateway', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    // On a slow machine a hundred calls overlap.
    gateway = await startTestGateway(['--calls.maxCallsPerSource', '300']);
  });
  afterEach(async () => {
    // SIPp may take a repeated 200 for its BYE's and go without ACK and BYE: RFC 3261 §13.3.1.4 ends that after 32 s.
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(() => gateway.close());

  function run(scenario: string, more: Partial<SippOptions> = {}): Promise<void> {
    return sipp({ scenario, to: `127.0.0.1:${gateway.sipPort}`, user: echo, ...more });
  }

  for (const transport of ['udp', 'tcp'] as const) {
    it(`makes a call over ${transport}`, clause('RFC 3261 §13.2'), async () => {
      await run('rfc3261-13.2-call', { transport });
    });
  }

  for (const { section, what, scenario, layer = clause } of behaviours) {
    it(`${what} (${scenario})`, layer(section), async () => {
      await run(scenario);
      await run(scenario, { transport: 'tcp' });
    });
  }

  // drachtio-server drops unknown methods and copies, and lets the unacknowledged ring go on.
  if (!realEdge()) {
    it('refuses a method that nobody knows', stack('RFC 3261 §8.2.1'), async () => {
      await run('rfc3261-8.2.1-unknown-method');
      await run('rfc3261-8.2.1-unknown-method', { transport: 'tcp' });
    });

    it('refuses the copy of an INVITE', stack('RFC 3261 §8.2.2.2'), async () => {
      await run('rfc3261-8.2.2.2-merged');
      await run('rfc3261-8.2.2.2-merged', { transport: 'tcp' });
    });

    it('refuses with 5xx when nobody acknowledges its reliable ring', stack('RFC 3262 §3'), async () => {
      await run('rfc3262-3-no-prack', { deadlineSeconds: 50 });
    });
  }

  it('refuses a number that no rule knows: 404 and the reason', clause('RFC 3326 §2'), async () => {
    await run('rfc3326-2-unknown-number', { user: '5551234' });
  });

  it('repeats its 200 and hangs up when no ACK ever comes', stack('RFC 3261 §13.3.1.4'), async () => {
    await run('rfc3261-13.3.1.4-lost-ack', { deadlineSeconds: 50 });
    const newest = async () => (await gateway.records())[0];
    await expect.poll(newest).toMatchObject({ to: echo, endReason: 'peer-unreachable' });
  });

  it('takes a PIN as INFO digits; the administrator ends the call', clause('RFC 6086 §4.2.2'), async () => {
    const { pins } = await gateway.meeting('sipp');
    const digits = Object.fromEntries(Array.from(pins.guest, (digit, i) => [`digit${i + 1}`, digit]));
    const over = run('rfc6086-4.2.2-digits', { user: '1000', keys: digits });
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
    await run('rfc3261-13.2-call', { calls: 100, perSecond: 20, deadlineSeconds: 60 });
  }, 90_000);

  it(
    'brings calls through a way that loses every fourth message',
    { ...stack('RFC 3261 §17'), timeout: 120_000 },
    async () => {
      await run('rfc3261-17-lost-messages', { calls: 20, perSecond: 10, deadlineSeconds: 80 });
    },
  );
});
