/** Calls out to a carrier that SIPp plays: what carriers do, and what becomes of the caller and of the records. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { Caller } from '../support/caller.ts';
import { gateway as clause } from '../support/clause.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { missingForSipp, sipp, sippCalled } from '../support/sipp.ts';
import { until } from '../support/until.ts';

const password = 'a carrier’s password';

const plan = (first: number, second: number) => `
version: 1
language: en
secrets: { carrier: { env: CARRIER_TEST_PASSWORD } }
trunks:
  - { name: desk, sources: [127.0.0.1], srtp: off }
  - { name: carrier, to: 'sip:127.0.0.1:${first}', srtp: off, from: '+49308000' }
  - { name: asking, to: 'sip:127.0.0.1:${first}', srtp: off, auth: { user: acme, password: '\${secret:carrier}' } }
  - { name: two, to: ['sip:127.0.0.1:${first}', 'sip:127.0.0.1:${second}'], srtp: off }
rules:
  - { name: out, match: { called: 4000 }, action: { bridge: { trunk: carrier, number: '+4940200' } } }
  - { name: not for long, match: { called: 4001 }, action: { bridge: { trunk: carrier, number: '+4940200', seconds: 5 } } }
  - { name: who calls, match: { called: 4002 }, action: { bridge: { trunk: asking, number: '+4940200' } } }
  - { name: either, match: { called: 4003 }, action: { bridge: { trunk: two, number: '+4940200' } } }
  - { name: digits, match: { called: 4004 }, action: { bridge: { trunk: carrier, number: '+4940200', dtmf: '12#' } } }
`;

interface Behaviour {
  readonly section: string;
  readonly what: string;
  /** A file of `test/interop/sipp`. */
  readonly scenario: string;
  /** Number that is called: a rule of the plan. */
  readonly number?: string;
}

/** After which the caller, who was answered, hangs up. */
const answered: readonly Behaviour[] = [
  { section: 'RFC 3261 §13.2', what: 'answers after 100, 183 and 180', scenario: 'carrier-answers' },
  {
    section: 'RFC 3261 §8.1.3.4',
    what: 'sends the call on within itself',
    scenario: 'carrier-redirects',
  },
  { section: 'RFC 3261 §22.2', what: 'asks who calls', scenario: 'carrier-asks', number: '4002' },
  { section: 'RFC 8760 §2.4', what: 'asks by SHA-256', scenario: 'carrier-asks-sha256', number: '4002' },
];

/** Which the carrier itself ends. */
const endedThere: readonly Behaviour[] = [
  { section: 'RFC 3261 §15', what: 'hangs up', scenario: 'carrier-hangs-up' },
  { section: 'RFC 3264 §8.4', what: 'holds and resumes', scenario: 'carrier-holds' },
  { section: 'RFC 3261 §14.2', what: 'makes an offer that crosses ours', scenario: 'carrier-glare' },
  { section: 'RFC 3515 §2.4.2', what: 'wants to transfer the call', scenario: 'carrier-refers' },
  {
    section: 'RFC 6086 §4.2.2',
    what: 'takes digits after the answer',
    scenario: 'carrier-takes-digits',
    number: '4004',
  },
];

/** What the caller, who was never answered, is told. */
const refused: readonly (Behaviour & {
  readonly carrierSays?: number;
  readonly callerGets: number;
  readonly because: EndReason;
})[] = [
  ...(
    [
      [486, 486, 'busy'],
      [603, 603, 'declined'],
      [404, 404, 'unknown-number'],
      [480, 480, 'no-answer'],
      [503, 500, 'trunk-unavailable'],
      [403, 500, 'trunk-refused'],
    ] as const
  ).map(([carrierSays, callerGets, because]) => ({
    section: 'RFC 3398 §8.2.6.1',
    what: `rings and says ${carrierSays}`,
    scenario: 'carrier-refuses',
    ...{ carrierSays, callerGets, because },
  })),
  {
    section: 'RFC 3960 §3.2',
    what: 'announces why not',
    scenario: 'carrier-announces',
    callerGets: 404,
    because: 'unknown-number',
  },
  {
    section: 'RFC 3261 §8.1.3.4',
    what: 'sends the call to another number',
    scenario: 'carrier-redirects-elsewhere',
    callerGets: 500,
    because: 'trunk-redirected',
  },
  {
    section: 'RFC 3261 §9.1',
    what: 'rings for ever',
    scenario: 'carrier-silent',
    number: '4001',
    callerGets: 480,
    because: 'no-answer',
  },
];

describeWith([missingForSipp, missingForGateway()], 'a carrier that SIPp plays', () => {
  let gateway: TestGateway;
  let folder: string;
  let ports: readonly [number, number];
  const open: Caller[] = [];

  beforeAll(async () => {
    process.env.CARRIER_TEST_PASSWORD = password;
    ports = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    folder = await mkdtemp(join(tmpdir(), 'plans-'));
    await writeFile(join(folder, 'plan.yaml'), plan(...ports));
    gateway = await startTestGateway(['--dialPlans.folder', folder]);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
    Reflect.deleteProperty(process.env, 'CARRIER_TEST_PASSWORD');
  });

  let calls = 0;
  async function caller() {
    const number = `49309${String(++calls).padStart(3, '0')}`;
    const phone = await Caller.open(gateway.sipPort, number);
    open.push(phone);
    /** Of the call in, and of the call out. */
    const records = () =>
      until('both records', async () => {
        const all = await gateway.records();
        const own = all.find(({ from, direction }) => from === number && direction === 'inbound');
        const other = all.find(({ trace }) => own !== undefined && bridgedWith(trace) === own.id);
        return own && other ? { own, other } : null;
      });
    return { phone, records };
  }

  function bridgedWith(trace: unknown): string | undefined {
    return (trace as { bridgedWith?: string } | null)?.bridgedWith;
  }

  function carrier(scenario: string, keys: Readonly<Record<string, string>> = {}, port = ports[0]) {
    return sippCalled({ scenario, port, keys: { number: '+4940200', password, status: '', ...keys } });
  }

  for (const { section, what, scenario, number = '4000' } of answered) {
    it(`${what} (${scenario})`, clause(section), async () => {
      const { over } = await carrier(scenario);
      const { phone, records } = await caller();
      await Promise.all([over, phone.dial(number).then(() => phone.hangUp())]);
      const { own, other } = await records();
      expect([own.endReason, other.endReason]).toEqual(['caller-hung-up', 'caller-hung-up']);
      expect([own.answeredAt, other.answeredAt]).not.toContain(null);
      expect(gateway.log()).not.toContain(password);
    });
  }

  for (const { section, what, scenario, number = '4000' } of endedThere) {
    it(`${what} (${scenario})`, clause(section), async () => {
      const { over } = await carrier(scenario);
      const { phone, records } = await caller();
      const [, reason] = await Promise.all([over, phone.dial(number).then(() => phone.hungUp())]);
      expect(reason).toContain('Q.850;cause=16');
      const { own, other } = await records();
      expect([own.endReason, other.endReason]).toEqual(['other-side-hung-up', 'other-side-hung-up']);
    });
  }

  for (const { section, what, scenario, number = '4000', carrierSays, callerGets, because } of refused) {
    it(`${what}: the caller gets ${callerGets} (${scenario})`, clause(section), async () => {
      const { over } = await carrier(scenario, { status: String(carrierSays ?? '') });
      const { phone, records } = await caller();
      const call = phone.invite(number);
      const refusal = await call.response(callerGets, 15_000);
      call.ackRefusal();
      await over;
      expect(refusal.headers.reason).toMatch(/^Q\.850;cause=\d+;/);
      const { own, other } = await records();
      expect([own.endReason, other.endReason]).toEqual([because, because]);
      // Whoever was never answered pays nothing.
      expect([own.answeredAt, other.answeredAt]).toEqual([null, null]);
    });
  }

  it('announces why not, and the caller’s device is told by a 183', clause('RFC 3960 §3.2'), async () => {
    const { over } = await carrier('carrier-announces');
    const { phone } = await caller();
    const call = phone.invite('4000');
    const progress = await call.response(183);
    expect(progress.body).toContain('m=audio ');
    await call.response(404);
    call.ackRefusal();
    await over;
  });

  it('answers just as the caller gives up', clause('RFC 3261 §15'), async () => {
    const { over } = await carrier('carrier-crosses-cancel');
    const { phone, records } = await caller();
    const call = phone.invite('4000');
    await call.response(180);
    call.cancel();
    await call.response(487);
    call.ackRefusal();
    await over;
    const { own, other } = await records();
    expect([own.endReason, other.endReason]).toEqual(['caller-cancelled', 'caller-cancelled']);
  });

  const broken = [
    ['is out of order', 'carrier-out-of-order'],
    // drachtio-server waits 32 s for it.
    ...(realEdge() ? [] : [['says nothing', 'carrier-says-nothing']]),
  ] as const;
  for (const [what, scenario] of broken) {
    it(
      `has a machine that ${what}: its other one gets the call (${scenario})`,
      clause('RFC 3263 §4.3'),
      async () => {
        const first = await carrier(scenario);
        const second = await carrier('carrier-answers-plainly', {}, ports[1]);
        const { phone } = await caller();
        await phone.invite('4003').response(200, 15_000);
        phone.call.ack();
        await phone.hangUp();
        await Promise.all([first.over, second.over]);
      },
    );
  }

  it('lets the caller hold and resume', clause('RFC 3264 §8.4'), async () => {
    const { over } = await carrier('carrier-answers-plainly');
    await sipp({ scenario: 'rfc3264-8.4-hold', to: `127.0.0.1:${gateway.sipPort}`, user: '4000' });
    await over;
  });
});
