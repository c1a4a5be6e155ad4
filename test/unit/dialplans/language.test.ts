import { describe, expect, it } from 'vitest';
import { checkPlan, compilePlan } from '../../../dialplans/check.ts';
import type { Plan } from '../../../dialplans/plan.ts';
import { readPolicyAnswer } from '../../../dialplans/policy-answer.ts';
import { explain, resolve, resolveAgain } from '../../../dialplans/resolve.ts';
import type { CallInput, RouteAction } from '../../../dialplans/types.ts';
import { callTo, plainAskPin } from '../../support/dial-plan.ts';

const plan = (text: string, fragments: Record<string, string> = {}): Plan =>
  compilePlan([{ name: 'main.yaml', text: `version: 1\n${text}` }], { fragments, prompts: null });

const ruleFor = (p: Plan, more: Partial<CallInput>, called = '1000') =>
  resolve(p, callTo(called, more)).route.rule;
const actionFor = (p: Plan, called: string, more: Partial<CallInput> = {}): RouteAction =>
  resolve(p, callTo(called, more)).route.action;

/** A plan of one rule, and whether it takes a call. */
const takes = (match: string, extra = '') => {
  const p = plan(`${extra}\nrules: [{ name: r, match: ${match}, action: echo }]`);
  return (more: Partial<CallInput>, called = '1000') => ruleFor(p, more, called) === 'r';
};

describe('what a rule can look at', () => {
  it('a list of texts', () => {
    const does = takes('{ called: [1000, Demo] }');
    expect([does({}), does({}, 'demo'), does({}, '1001')]).toEqual([true, true, false]);
  });

  it('a number, however it is written internationally', () => {
    const does = takes('{ called: { e164: "+4930901820" } }');
    const forms = ['+4930901820', '004930901820', '4930901820', '+49 (30) 90-18.20'];
    expect(forms.map((form) => does({}, form))).toEqual([true, true, true, true]);
    expect(['030901820', '+49309018201', '+1 4930901820'].map((form) => does({}, form))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('the address the call comes from', () => {
    const does = takes('{ source: [192.0.2.0/24, "2001:db8::1"] }');
    const sources = [
      '192.0.2.77',
      '::ffff:192.0.2.1',
      '2001:db8::1',
      '198.51.100.1',
      '2001:db8::2',
      null,
      'nonsense',
    ];
    expect(sources.map((source) => does({ source }))).toEqual([true, true, true, false, false, false, false]);
  });

  it('registration, verification and transport', () => {
    const does = takes('{ registered: true, verstat: [passed, none], transport: [tls, wss] }');
    const good = { registered: true, verstat: 'passed', transport: 'tls' } as const;
    expect(does(good)).toBe(true);
    expect(does({ ...good, registered: false })).toBe(false);
    expect(does({ ...good, verstat: 'failed' })).toBe(false);
    expect(does({ ...good, transport: 'udp' })).toBe(false);
  });

  it('header fields, of which one that is not there is no empty text', () => {
    const does = takes(
      '{ header: { X-Customer: { prefix: gold }, x-any: { regex: ".*" }, X-Old: { present: false } } }',
    );
    expect(does({ headers: { 'x-customer': 'Gold-7', 'x-any': '' } })).toBe(true);
    expect(does({ headers: { 'x-customer': 'Gold-7' } })).toBe(false);
    expect(does({ headers: { 'x-customer': 'silver', 'x-any': '' } })).toBe(false);
    expect(does({ headers: { 'x-customer': 'gold', 'x-any': '', 'x-old': '1' } })).toBe(false);
    expect(
      does({ headers: Object.create({ 'x-customer': 'gold', 'x-any': '' }) as Record<string, string> }),
    ).toBe(false);
  });

  it('the language that a device prefers', () => {
    const does = takes('{ language: [de, fr-CA] }');
    const tags = ['de', 'de-AT', 'DE', 'fr-CA', 'fr', 'den', null];
    expect(tags.map((language) => does({ language }))).toEqual([true, true, true, true, false, false, false]);
  });

  it('several trunks, or none', () => {
    const trunks = 'trunks: [{name: a, sources: [192.0.2.1]}, {name: b, sources: [192.0.2.2]}]';
    const does = takes('{ trunk: [a, none] }', trunks);
    expect(['a', 'b', null].map((trunk) => does({ trunk }))).toEqual([true, false, true]);
  });
});

describe('time', () => {
  const at = (text: string) => ({ at: Date.parse(text) });

  it('is the clock of the rule’s zone, in summer and in winter', () => {
    const does = takes("{ time: { days: mon-fri, hours: '08:00-18:00', zone: Europe/Berlin } }");
    // 2026-11-30 and 2026-06-01 are Mondays.
    expect(does(at('2026-11-30T07:00Z'))).toBe(true);
    expect(does(at('2026-11-30T06:59:59Z'))).toBe(false);
    expect(does(at('2026-06-01T06:00Z'))).toBe(true);
    expect(does(at('2026-06-01T16:00Z'))).toBe(false);
    expect(does(at('2026-11-28T10:00Z'))).toBe(false);
  });

  it('takes the zone of the tenant, and asks for one that is missing', () => {
    const rule = "rules: [{ name: r, match: { time: { hours: '08:00-09:00' } }, action: echo }]";
    const p = plan(`tenant: acme\ntenants: [{ name: acme, timeZone: America/New_York }]\n${rule}`);
    expect(ruleFor(p, at('2026-01-07T13:30Z'))).toBe('r');
    expect(checkPlan([{ name: 'a', text: `version: 1\n${rule}` }]).problems).toMatchObject([
      { code: 'PLAN_NO_TIME_ZONE' },
    ]);
  });

  it('over midnight belongs to the day it begins on', () => {
    const does = takes("{ time: { days: fri, hours: '22:00-06:00', zone: UTC } }");
    // 2026-01-09 is a Friday.
    expect(does(at('2026-01-09T23:00Z'))).toBe(true);
    expect(does(at('2026-01-10T05:59Z'))).toBe(true);
    expect(does(at('2026-01-10T22:30Z'))).toBe(false);
    expect(does(at('2026-01-09T05:00Z'))).toBe(false);
  });

  it('leaves out holidays, or asks for them', () => {
    const lists = "holidays: { berlin: [2026-12-24..2026-12-26, '01-01', '12-30..01-02'] }";
    const open = takes('{ time: { not: berlin, zone: Europe/Berlin } }', lists);
    const closed = takes('{ time: { on: [berlin], zone: Europe/Berlin } }', lists);
    for (const [moment, holiday] of [
      ['2026-12-24T12:00+01:00', true],
      ['2026-12-26T23:59+01:00', true],
      ['2026-12-27T00:00+01:00', false],
      ['2031-01-01T12:00+01:00', true],
      ['2029-12-31T12:00+01:00', true],
      ['2030-01-03T00:00+01:00', false],
      ['2025-12-24T12:00+01:00', false],
    ] as const) {
      expect([moment, closed(at(moment)), open(at(moment))]).toEqual([moment, holiday, !holiday]);
    }
  });

  it('goes over the end of the week', () => {
    const does = takes('{ time: { days: [sat-mon, wed], zone: UTC } }');
    const week = ['05', '06', '07', '08', '09', '10', '11'].map((day) => does(at(`2026-01-${day}T12:00Z`)));
    // From Monday on.
    expect(week).toEqual([true, false, true, false, false, true, true]);
  });
});

describe('rules that rewrite numbers', () => {
  it('let the next rules see the new ones', () => {
    const p = plan(`
trunks: [{ name: carrier, sources: [192.0.2.1] }]
rules:
  - { name: national, match: { trunk: carrier }, transform: { called: { strip: 1, add: '+49' }, calling: { e164: DE } } }
  - { name: sales, match: { called: '+4930901821', calling: { prefix: '+49' } }, action: { join: { room: sales } } }`);
    const { route, trace } = resolve(
      p,
      callTo('030901821', {
        trunk: 'carrier',
        calling: { user: '030 123456', uri: 'sip:030 123456@carrier' },
      }),
    );
    expect(route).toMatchObject({
      rule: 'sales',
      called: { user: '+4930901821', uri: 'sip:+4930901821@gateway.example' },
      calling: { user: '+4930123456', uri: 'sip:+4930123456@carrier' },
    });
    expect(trace.steps[0]).toMatchObject({
      rule: 'national',
      matched: true,
      transformed: { called: '+4930901821', calling: '+4930123456' },
    });
  });

  it.each<[string, string, string]>([
    ['{ strip: 2 }', '0049301', '49301'],
    ['{ strip: 20 }', '123', ''],
    ["{ add: '+', strip: 2 }", '0049301', '+49301'],
    ["[{ add: '9' }, { strip: 2 }]", '123', '23'],
    ["{ rewrite: { regex: '9(?P<rest>.*)', to: '+1${rest}' } }", '9212', '+1212'],
    ["{ rewrite: { regex: '9(?P<rest>.*)', to: '+1${rest}' } }", '8212', '8212'],
    ["{ rewrite: { regex: '.*', to: '${prefix}-${called}' } }", '7', 'acme-7'],
    ['{ e164: DE }', '030 901820', '+4930901820'],
    ['{ e164: DE }', '0041442681234', '+41442681234'],
    ['{ e164: US }', '(212) 555-1234', '+12125551234'],
    ['{ e164: US }', '1000', '1000'],
    ['{ e164: DE }', 'room-030901820', 'room-030901820'],
    ['{ e164: DE }', '9'.repeat(200), '9'.repeat(200)],
  ])('%s makes of %s %s', (steps, called, becomes) => {
    const p = plan(`
variables: { prefix: acme }
rules: [{ name: r, match: {}, transform: { called: ${steps} }, action: { go-to: { called: 'x' } } }, { name: n, priority: 1, match: { called: x }, action: echo }]`);
    expect(resolve(p, callTo(called)).trace.steps.find(({ rule }) => rule === 'r')?.transformed?.called).toBe(
      becomes,
    );
  });

  it('do so for the action of the same rule too', () => {
    const p = plan(`
trunks: [{ name: out, to: 'sip:carrier.example' }]
rules: [{ name: r, match: { called: { prefix: '0' } }, transform: { called: { e164: DE } }, action: { bridge: { trunk: out } } }]`);
    expect(actionFor(p, '030901820')).toMatchObject({
      kind: 'bridge',
      trunk: 'out',
      number: '+4930901820',
      seconds: 60,
    });
  });
});

describe('actions', () => {
  const p = plan(`
tenant: acme
variables: { prefix: acme, host: pbx.example }
secrets: { policy: { env: POLICY_TOKEN }, carrier: { file: /run/secrets/carrier } }
trunks:
  - { name: out, to: ['sip:carrier.example', 'sip:192.0.2.9:5061;transport=tls'], from: '+4930', codecs: [PCMA, opus], auth: { user: acme, password: '\${secret:carrier}' } }
rules:
  - name: reception
    match: { called: 1 }
    action:
      menu:
        prompt: reception
        options:
          1: { join: { room: "\${prefix}-sales", role: host, waitForHost: false } }
          2: { menu: { prompt: support, seconds: 5, tries: 1, options: { 1: echo, '*': back, 9: again }, timeout: reject } }
          '#': ask-pin
        timeout: { reject: { code: 480, text: "Nobody for \${calling}", prompt: goodbye } }
  - { name: out, match: { called: { regex: '9(?P<number>.+)' } }, action: { bridge: { trunk: out, number: "+\${number}", from: "\${calling}", dtmf: 'ww12#', seconds: 20, otherwise: { play: { prompt: goodbye, then: { reject: { code: 486 } } } } } } }
  - name: ask
    match: { called: { prefix: '7' } }
    action:
      policy:
        url: "https://\${host}/route"
        headers: { Authorization: "Bearer \${secret:policy}", X-Called: "\${called}" }
        fallback: { ask-pin: { collect: meeting-and-pin, languages: [de, en], tries: 2, seconds: 9, prompts: { welcome: hello } } }
  - { name: move, match: { called: { regex: 'move-(?P<who>.*)' } }, action: { transfer: { to: "sip:\${who}@\${host}" } } }
`);

  it('a menu has all that is in it, filled in', () => {
    expect(actionFor(p, '1')).toEqual({
      kind: 'menu',
      prompt: 'reception',
      tries: 3,
      seconds: 8,
      options: {
        1: {
          kind: 'join',
          room: 'acme-sales',
          role: 'host',
          waitForHost: false,
          meetingsOnly: false,
          view: { layout: null, ownPicture: null },
        },
        2: {
          kind: 'menu',
          prompt: 'support',
          tries: 1,
          seconds: 5,
          options: { 1: { kind: 'echo' }, '*': { kind: 'back' }, 9: { kind: 'again' } },
          timeout: { kind: 'reject', why: 'rejected', code: null, text: null, prompt: null },
        },
        '#': plainAskPin,
      },
      timeout: {
        kind: 'reject',
        why: 'rejected',
        code: 480,
        text: 'Nobody for +493012345',
        prompt: 'goodbye',
      },
    });
  });

  it('a bridge takes its number of the call, and no number that is none', () => {
    expect(actionFor(p, '94930')).toEqual({
      kind: 'bridge',
      trunk: 'out',
      number: '+4930',
      from: '+493012345',
      dtmf: 'ww12#',
      seconds: 20,
      otherwise: {
        kind: 'play',
        prompt: 'goodbye',
        then: { kind: 'reject', why: 'rejected', code: 486, text: null, prompt: null },
      },
    });
    expect(actionFor(p, '9@evil.example')).toMatchObject({
      kind: 'reject',
      text: expect.stringContaining('Bad address') as string,
    });
  });

  it('a secret is a reference, and what a caller dials makes no other', () => {
    const action = actionFor(p, '7${secret:policy}');
    expect(action).toMatchObject({
      kind: 'policy',
      url: 'https://pbx.example/route',
      timeoutMs: 2000,
      headers: {
        Authorization: ['Bearer ', { secret: { name: 'policy', env: 'POLICY_TOKEN' } }],
        'X-Called': ['7${secret:policy}'],
      },
      fallback: {
        ...plainAskPin,
        collect: 'meeting-and-pin',
        languages: ['de', 'en'],
        tries: 2,
        seconds: 9,
        prompts: { welcome: 'hello', ask: null, wrong: null },
      },
    });
  });

  it('a transfer gets no parameters or headers from the caller', () => {
    expect(actionFor(p, 'move-bob')).toEqual({ kind: 'transfer', to: 'sip:bob@pbx.example' });
    expect(actionFor(p, 'move-a?Replaces=1;x@evil')).toEqual({
      kind: 'transfer',
      to: 'sip:a%3FReplaces%3D1%3Bx%40evil@pbx.example',
    });
    expect(actionFor(p, 'move-ü"')).toEqual({ kind: 'transfer', to: 'sip:%C3%BC%22@pbx.example' });
  });

  it('trunks say where calls out go, and with what', () => {
    expect(p.trunks[0]).toMatchObject({
      to: ['sip:carrier.example', 'sip:192.0.2.9:5061;transport=tls'],
      from: '+4930',
      codecs: ['PCMA', 'opus'],
      auth: { user: 'acme', password: { name: 'carrier', file: '/run/secrets/carrier' } },
      sources: [],
    });
  });

  it('a policy’s answer is an action in the same language', () => {
    const resolution = resolve(p, callTo('7'));
    const read = (answer: unknown) => readPolicyAnswer(p, resolution, null, answer);
    expect(read({ join: { room: 'r-${called}', waitForHost: true } }).action).toMatchObject({
      kind: 'join',
      room: 'r-7',
      waitForHost: true,
    });
    expect(read('ask-pin').action).toEqual(plainAskPin);
    expect(read({ reject: { code: 603 } }).action).toMatchObject({ code: 603 });
    for (const [answer, problem] of [
      [{ join: { rom: 'x' } }, /room|rom/],
      [null, /must be ask-pin/],
      [{ bridge: { trunk: 'nowhere' } }, /no trunk "nowhere"/],
      [{ join: { room: '${secret:policy}' } }, /only called, calling, trunk/],
      [{ policy: { url: 'https://x.example', fallback: 'echo' } }, /another policy/],
      [
        { play: { prompt: 'x', then: { policy: { url: 'https://x.example', fallback: 'echo' } } } },
        /another policy/,
      ],
    ] as const) {
      expect(read(answer).problems?.join()).toMatch(problem);
    }
  });
});

describe('tenants, numbers and languages', () => {
  const p = plan(`
tenant: acme
tenants:
  - { name: acme, language: de, prompts: acme, timeZone: Europe/Berlin, country: DE, pins: { host: 8, guest: 6 } }
  - { name: beta, title: Beta Inc }
numbers:
  - { number: '+4930901820', label: Berlin, invite: true }
  - { number: '+12125551234', tenant: beta, language: en, country: US }
rules:
  - { name: pin, match: { called: { prefix: '+' } }, action: ask-pin }
  - { name: theirs, match: { called: 2 }, tenant: beta, action: ask-pin }
  - { name: ours, match: { called: 3 }, action: ask-pin }`);

  it('a call is the tenant’s whose number is called, unless the rule says another', () => {
    const of = (called: string) => {
      const { tenant, language, brand } = resolve(p, callTo(called)).route;
      return [tenant, language, brand];
    };
    expect(of('+4930901820')).toEqual(['acme', 'de', 'acme']);
    expect(of('+1 212 555 1234')).toEqual(['beta', 'en', null]);
    expect(of('2')).toEqual(['beta', null, null]);
    expect(of('3')).toEqual(['acme', 'de', 'acme']);
  });

  it('are known to whoever writes invitations', () => {
    expect(p.numbers.get('+4930901820')).toEqual({
      number: '+4930901820',
      tenant: 'acme',
      language: null,
      country: 'DE',
      label: 'Berlin',
      invite: true,
    });
    expect(p.tenants.get('acme')).toMatchObject({ pins: { host: 8, guest: 6 }, timeZone: 'Europe/Berlin' });
  });
});

describe('go-to', () => {
  const p = plan(`
trunks: [{ name: t, sources: [192.0.2.1] }]
rules:
  - { name: old, match: { called: 1 }, action: { go-to: { called: 2 } } }
  - { name: new, match: { called: 2 }, action: { menu: { prompt: m, options: { 1: { go-to: { called: 3 } } } } } }
  - { name: three, match: { called: 3 }, action: echo }
  - { name: round, match: { called: { prefix: r } }, action: { go-to: { called: "\${called}r" } } }`);

  it('is followed at once, and the trace tells', () => {
    const { route, trace, hops } = resolve(p, callTo('1'));
    expect(route).toMatchObject({
      rule: 'new',
      called: { user: '2', uri: 'sip:2@gateway.example' },
      action: { kind: 'menu' },
    });
    expect(hops).toBe(1);
    expect(
      trace.steps.map(({ rule, matched, transformed }) => [rule, matched, transformed?.called ?? null]),
    ).toEqual([
      ['old', true, null],
      ['old', true, '2'],
      ['old', false, null],
      ['new', true, null],
    ]);
  });

  it('within an action is asked for later, five times at most in a call', () => {
    const input = callTo('1');
    let resolution = resolve(p, input);
    resolution = resolveAgain(p, input, resolution, '3');
    expect(resolution.route).toMatchObject({ rule: 'three', action: { kind: 'echo' } });
    for (let i = 0; i < 3; i++) resolution = resolveAgain(p, input, resolution, '3');
    expect(resolution).toMatchObject({ hops: 5, route: { action: { kind: 'echo' } } });
    expect(resolveAgain(p, input, resolution, '3').route.action).toMatchObject({
      kind: 'reject',
      why: 'rejected',
    });
  });

  it('that leads on and on ends', () => {
    expect(resolve(p, callTo('r'))).toMatchObject({
      hops: 5,
      route: { rule: 'round', action: { kind: 'reject' } },
    });
  });
});

it('a dry run tells of every condition what was wanted, what was found and whether it held', () => {
  const p = plan(`
rules:
  - { name: a, match: { called: { prefix: '+49' }, calling: '0', time: { days: sat, zone: Europe/Berlin } }, action: echo }
  - { name: b, match: { called: { regex: '(?P<x>1.*)' }, header: { X-A: z } }, action: echo }
  - { name: c, match: { called: { regex: '(?P<x>1.*)' } }, action: { join: { room: "r\${x}" } } }`);
  const { trace } = explain(p, callTo('1000'));
  expect(trace.steps).toEqual([
    {
      rule: 'a',
      matched: false,
      missed: 'called does not begin with +49',
      conditions: [
        { field: 'called', wanted: 'begins with +49', found: '1000', held: false },
        { field: 'calling', wanted: 'is 0', found: '+493012345', held: false },
        {
          field: 'time',
          wanted: 'is sat, Europe/Berlin',
          found: 'mon 2026-11-30 10:00 Europe/Berlin',
          held: false,
        },
      ],
    },
    {
      rule: 'b',
      matched: false,
      missed: 'header:x-a is not z',
      conditions: [
        { field: 'called', wanted: 'matches (?P<x>1.*)', found: '1000', held: true },
        { field: 'header:x-a', wanted: 'is z', found: 'not there', held: false },
      ],
    },
    {
      rule: 'c',
      matched: true,
      missed: null,
      conditions: [{ field: 'called', wanted: 'matches (?P<x>1.*)', found: '1000', held: true }],
      variables: { x: '1000' },
    },
  ]);
});

describe('included files', () => {
  const main = `
include: [parts/days.yaml, parts/rules.yaml]
tenant: acme
language: de
rules: [{ name: own, match: { called: 2 }, action: { join: { room: "\${shared}" } } }]`;
  const parts = {
    'parts/days.yaml': "variables: { shared: lobby }\nholidays: { x: ['01-01'] }",
    'parts/rules.yaml':
      'include: [parts/days.yaml]\nrules: [{ name: theirs, match: { called: 1, time: { not: x, zone: UTC } }, action: { join: { room: "${shared}" } } }]',
  };

  it('share the plan’s tenant, language and variables; their rules come first', () => {
    const p = plan(main, parts);
    expect(p.rules.map(({ name, plan: owner, file }) => [name, owner, file])).toEqual([
      ['theirs', 'main.yaml', 'parts/rules.yaml'],
      ['own', 'main.yaml', 'main.yaml'],
    ]);
    expect(resolve(p, callTo('1')).route).toMatchObject({
      tenant: 'acme',
      language: 'de',
      action: { room: 'lobby' },
    });
  });

  it('count for the version', () => {
    const other = { ...parts, 'parts/days.yaml': `${parts['parts/days.yaml']}\n` };
    expect(plan(main, other).version).not.toBe(plan(main, parts).version);
    expect(plan(main, { ...parts, 'parts/unused.yaml': '' }).version).toBe(plan(main, parts).version);
  });

  it('name their own place when they are wrong', () => {
    const broken = {
      ...parts,
      'parts/days.yaml': "variables: { shared: lobby }\nholidays: { x: ['02-30'] }",
    };
    const { problems } = checkPlan([{ name: 'main.yaml', text: `version: 1${main}` }], {
      fragments: broken,
      prompts: null,
    });
    expect(problems).toMatchObject([
      { file: 'parts/days.yaml', line: 2, column: 17, code: 'PLAN_BAD_HOLIDAY' },
    ]);
  });
});
