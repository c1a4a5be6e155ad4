import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CallRecord } from '../../gateway/ports.ts';
import { shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import { Caller } from '../support/caller.ts';
import { gateway as clause } from '../support/clause.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { startPolicyServer } from '../support/policy-server.ts';
import type { PolicyServer } from '../support/policy-server.ts';
import { until } from '../support/until.ts';

/** The prompts are some that ship, so that a caller's ears know them. */
const plan = (policy: string, elsewhere: string) => `
version: 1
language: en
tenants: [{ name: default }, { name: acme, prompts: acme }]
rules:
  - name: a tenant’s reception
    tenant: acme
    match: { called: { prefix: '+49309018' } }
    action: { play: { prompt: sales, then: ask-pin } }
  - name: pin
    match: { called: 1000 }
    action: ask-pin
  - name: reception
    match: { called: 2000 }
    action:
      menu:
        prompt: host-arrived
        tries: 2
        options:
          1: { join: { room: sales } }
          2:
            menu:
              prompt: time-limit
              options: { 1: echo, '*': back }
          3: { go-to: { called: 1000 } }
          4: { policy: { url: '${policy}/route', fallback: { reject: { code: 480 } } } }
          7: { transfer: { to: 'sip:ops@pbx.example' } }
  - name: languages
    match: { called: 2100 }
    action: { ask-pin: { languages: [en, de] } }
  - name: meeting and PIN
    match: { called: 2200 }
    action: { ask-pin: { collect: meeting-and-pin } }
  - name: closed
    match: { called: 2300 }
    action: { reject: { code: 603, text: Closed on Sundays } }
  - name: closed with words
    match: { called: 2301 }
    action: { reject: { code: 480, prompt: meeting-full } }
  - name: news
    match: { called: 2310 }
    action: { play: { prompt: host-arrived, then: { reject: { code: 480, prompt: goodbye } } } }
  - name: moved
    match: { called: 2400 }
    action: { transfer: { to: 'sip:2400@new.example;transport=tls' } }
  - name: meetings by number
    match: { called: { regex: '(?P<number>27[0-9]{5})' } }
    action: { join: { room: '\${number}', meetingsOnly: true } }
  - name: to the PIN
    match: { called: 2401 }
    action: { go-to: { called: 1000 } }
${['route', 'hang', 'late', '500', 'garbage', 'reset', 'huge', 'wrong', `redirect?${elsewhere}/steal`]
  .map(
    (path) => `  - name: policy ${path.split('?')[0]}
    match: { called: policy-${path.split('?')[0]} }
    action: { policy: { url: '${policy}/${path}', timeoutMs: 1000, fallback: { reject: { code: 486, text: fallback } } } }
`,
  )
  .join('')}`;

describeWith([missingForGateway()], 'a dial plan that does more than ask for a PIN', () => {
  let gateway: TestGateway;
  let policy: PolicyServer;
  let elsewhere: PolicyServer;
  let folder: string;
  let prompts: string;
  const open: Caller[] = [];

  beforeAll(async () => {
    policy = await startPolicyServer(({ path, body }) =>
      path === '/wrong' ? { joyn: {} } : body.answered === true ? 'echo' : { join: { room: 'by-policy' } },
    );
    elsewhere = await startPolicyServer(() => 'echo');
    folder = await mkdtemp(join(tmpdir(), 'plans-'));
    await writeFile(join(folder, 'plan.yaml'), plan(policy.url, elsewhere.url));
    prompts = await mkdtemp(join(tmpdir(), 'prompts-'));
    await cp(shippedPromptFolder(), prompts, { recursive: true });
    await mkdir(join(prompts, 'tenants/acme/en'), { recursive: true });
    // Words that a caller's ears know, under names of the tenant's.
    const own = { welcome: 'room-ended', sales: 'host-arrived' };
    for (const [name, sound] of Object.entries(own))
      await cp(join(prompts, `en/${sound}.wav`), join(prompts, `tenants/acme/en/${name}.wav`));
    const places = ['--dialPlans.folder', folder, '--media.promptFolder', prompts];
    gateway = await startTestGateway([...places, '--calls.pinSeconds', '5']);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
  });
  afterAll(async () => {
    await gateway.close();
    await Promise.all([
      policy.close(),
      elsewhere.close(),
      ...[folder, prompts].map((one) => rm(one, { recursive: true, force: true })),
    ]);
  });

  async function caller(user: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort, user);
    open.push(one);
    return one;
  }

  function recordOf(user: string): Promise<CallRecord> {
    return until('the record', async () => (await gateway.records()).find(({ from }) => from === user));
  }

  /** What the record of the caller's call says that happened. */
  async function stepsOf(user: string): Promise<string[]> {
    const record = await recordOf(user);
    return record.steps.map(({ kind, subject, outcome }) => [kind, subject, outcome].join(' ').trim());
  }

  it('leads through a menu and the one below it, back, and into a room; the record tells how', async () => {
    const phone = await caller('4930201');
    await phone.dial('2000');
    await phone.hears('host-arrived');
    phone.type('2');
    await phone.hears('time-limit');
    phone.type('*');
    await phone.hears('host-arrived');
    phone.type('1');
    await phone.hears('first-here');
    expect((await gateway.calls())[0]).toMatchObject({ room: 'sales' });
    await phone.hangUp();
    expect(await stepsOf('4930201')).toEqual([
      'menu host-arrived',
      'choice 2 menu',
      'menu time-limit',
      'choice * back',
      'menu host-arrived',
      'choice 1 join',
      'room sales guest',
    ]);
  });

  it('takes keys that are typed ahead through both menus, and says what is wrong with a key', async () => {
    const phone = await caller('4930202');
    await phone.dial('2000');
    phone.type('21');
    await phone.hears('echo-test');
    await phone.hangUp();
    const other = await caller('4930203');
    await other.dial('2000');
    other.type('8');
    await other.hears('menu-invalid');
    other.type('8');
    await other.hears('goodbye');
    expect(await other.hungUp()).toContain('No key of the menu');
  });

  it('lets callers choose a language, and speaks it', async () => {
    const { pins } = await gateway.meeting('sprachen');
    const phone = await caller('4930210');
    await phone.dial('2100');
    await phone.hears('language-1', 'en');
    phone.type('2');
    await phone.hears('welcome', 'de');
    phone.type(`${pins.guest}#`);
    await phone.hears('first-here', 'de');
    await phone.hangUp();
    expect(await stepsOf('4930210')).toEqual(['language de', 'pin  right', 'room sprachen guest']);
  });

  it('asks for the meeting’s number, then for its PIN: another meeting’s is wrong', async () => {
    const [mine, other] = [await gateway.meeting('mine'), await gateway.meeting('other')];
    const { body } = await gateway.api(`/meetings/${mine.id}`);
    const { number } = body as { number: string };
    const phone = await caller('4930220');
    await phone.dial('2200');
    await phone.hears('welcome');
    phone.type('9999#');
    await phone.hears('meeting-unknown');
    phone.type(`${number}#${other.pins.guest}#`);
    await phone.hears('pin-wrong');
    phone.type(`${mine.pins.guest}#`);
    await phone.hears('first-here');
    expect((await gateway.calls())[0]).toMatchObject({ room: 'mine' });
    await phone.hangUp();
    expect(gateway.log()).not.toContain(mine.pins.guest);
  });

  it('speaks a tenant’s own words, and ours where it has none', async () => {
    const phone = await caller('4930225');
    await phone.dial('+4930901820');
    await phone.hears('host-arrived');
    await phone.hears('room-ended');
    await phone.hears('enter-pin');
    await phone.hangUp();
  });

  it(
    'refuses with the plan’s code and words, or answers to say them',
    clause('RFC 3261 §20.43'),
    async () => {
      const phone = await caller('4930230');
      const refusal = await phone.invite('2300').response(603);
      phone.call.ackRefusal();
      expect(refusal.headers.warning).toContain('Closed on Sundays');
      const other = await caller('4930231');
      await other.dial('2301');
      await other.hears('meeting-full');
      expect(await other.hungUp()).toMatch(/SIP;cause=480/);
      const third = await caller('4930232');
      await third.dial('2310');
      await third.hears('host-arrived');
      await third.hears('goodbye');
      await third.hungUp();
      expect(await stepsOf('4930232')).toEqual(['prompt host-arrived']);
    },
  );

  it('redirects before the answer', clause('RFC 3261 §21.3.3'), async () => {
    const phone = await caller('4930240');
    const moved = await phone.invite('2400').response(302);
    phone.call.ackRefusal();
    expect(moved.headers.contact).toBe('<sip:2400@new.example;transport=tls>');
    expect(await stepsOf('4930240')).toEqual(['transfer  done']);
  });

  it(
    'transfers after the answer, and comes back to the menu when that fails',
    clause('RFC 3515 §2.4.4'),
    async () => {
      const phone = await caller('4930241');
      await phone.dial('2000');
      await phone.hears('host-arrived');
      phone.type('7');
      phone.ua.reply(await phone.ua.nextRequest('REFER'), 405);
      await phone.hears('transfer-failed');
      await phone.hears('host-arrived');
      phone.type('7');
      const refer = await phone.ua.nextRequest('REFER');
      expect(refer.headers['refer-to']).toBe('<sip:ops@pbx.example>');
      phone.ua.reply(refer, 202);
      await phone.hears('transferring');
      const told = await phone.call.request('NOTIFY', {
        headers: ['Event: refer', 'Subscription-State: terminated;reason=noresource'],
        contentType: 'message/sipfrag',
        body: 'SIP/2.0 200 OK',
      });
      expect(told.status).toBe(200);
      expect(await phone.hungUp()).toContain('transferred');
      expect((await recordOf('4930241')).endReason).toBe('transferred');
    },
  );

  it('asks the plan anew, from a rule and from a menu', async () => {
    const [phone, other] = [await caller('4930250'), await caller('4930251')];
    await phone.dial('2401');
    await phone.hears('welcome');
    await other.dial('2000');
    other.type('3');
    await other.hears('welcome');
    await Promise.all([phone.hangUp(), other.hangUp()]);
    for (const user of ['4930250', '4930251']) expect((await recordOf(user)).rule).toBe('pin');
  });

  it('leads to a meeting by its number, which asks for its own PIN', async () => {
    const { pins } = await gateway.meeting('by-number', { number: '2765432' });
    const other = await gateway.meeting('another', { number: '2765433' });
    const phone = await caller('4930255');
    await phone.dial('2765432');
    await phone.hears('welcome');
    await phone.guess(other.pins.guest, 'pin-wrong');
    await phone.guess(pins.guest, 'first-here');
    expect((await gateway.calls())[0]).toMatchObject({ room: 'by-number', role: 'guest' });
    await phone.hangUp();
  });

  it('sends away who dials a number that no meeting has', async () => {
    const phone = await caller('4930256');
    await phone.dial('2799999');
    await phone.hears('goodbye-no-meeting');
    await phone.hungUp();
    expect(await recordOf('4930256')).toMatchObject({
      endReason: 'unknown-meeting',
      rule: 'meetings by number',
    });
  });

  it('asks a policy, with what it needs to know, and does what it says', async () => {
    const phone = await caller('4930260');
    await phone.dial('policy-route');
    await phone.hears('first-here');
    expect((await gateway.calls())[0]).toMatchObject({ room: 'by-policy' });
    expect(policy.asked.at(-1)?.body).toMatchObject({
      version: 1,
      called: { user: 'policy-route' },
      calling: { user: '4930260' },
      protocol: 'sip',
      answered: false,
    });
    await phone.hangUp();
    const other = await caller('4930261');
    await other.dial('2000');
    other.type('4');
    await other.hears('echo-test');
    await other.hangUp();
    expect((await stepsOf('4930261')).slice(-1)).toEqual([expect.stringMatching(/^policy 127\.\S+ echo$/)]);
  });

  it.each([
    ['hang', 'timed-out'],
    ['late', 'timed-out'],
    ['reset', 'unreachable'],
    ['500', 'status'],
    ['garbage', 'not-json'],
    ['huge', 'too-large'],
    ['wrong', 'unusable'],
    ['redirect', 'redirected'],
  ])('falls back when the policy’s server does this: %s; the phone rings meanwhile', async (what, why) => {
    const phone = await caller(`493027${what}`);
    const call = phone.invite(`policy-${what}`);
    await call.response(180);
    const refusal = await call.response(486);
    phone.call.ackRefusal();
    expect(refusal.headers.warning).toContain('fallback');
    expect(await stepsOf(`493027${what}`)).toEqual([
      expect.stringMatching(new RegExp(`^policy \\S+ ${why}$`)),
    ]);
    expect(elsewhere.asked).toEqual([]);
  });
});
