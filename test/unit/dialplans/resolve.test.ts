import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../dialplans/check.ts';
import type { Plan } from '../../../dialplans/plan.ts';
import { explain, resolve } from '../../../dialplans/resolve.ts';
import type { CallInput } from '../../../dialplans/types.ts';
import { viewPlan } from '../../../dialplans/view.ts';
import { callTo as call, noRoute } from '../../support/dial-plan.ts';

function plan(...texts: string[]): Plan {
  return compilePlan(texts.map((text, index) => ({ name: `${index}.yaml`, text: `version: 1\n${text}` })));
}

describe('the plan that ships', () => {
  const path = fileURLToPath(new URL('../../../dialplans/plans/default.yaml', import.meta.url));
  const shipped = compilePlan([{ name: 'default.yaml', text: readFileSync(path, 'utf8') }]);

  it('asks for a PIN at 1000, echoes at 9196, and opens the demo room', () => {
    expect(resolve(shipped, call('1000')).route).toMatchObject({
      action: { kind: 'ask-pin' },
      tenant: 'default',
    });
    expect(resolve(shipped, call('9196')).route).toMatchObject({
      action: { kind: 'echo' },
      rule: 'echo test',
    });
    expect(resolve(shipped, call('demo')).route).toMatchObject({ action: { kind: 'join', room: 'demo' } });
  });

  it('takes a name however a remote control capitalises it', () => {
    expect(resolve(shipped, call('Demo')).route).toMatchObject({ action: { kind: 'join', room: 'demo' } });
  });

  it.each(['', '10000', '100', 'demo2', 'sip:demo', '../etc'])('refuses %j with no-route', (user) => {
    expect(resolve(shipped, call(user)).route).toMatchObject({
      action: noRoute,
      rule: null,
      tenant: 'default',
      language: null,
    });
  });

  it('works with its commented examples too', () => {
    // Comments that hold YAML begin with "# key:" or "# - name:"; sentences do not.
    const text = readFileSync(path, 'utf8')
      .replace(/^# (language: en|trunks:|variables:)$/gm, '$1')
      .replace(/^# {3}((?: {2})?(?:- name: carrier|sources:|srtp:|tls:|prefix: acme))/gm, '  $1')
      .replace(/^ {2}# (- name: (?:meetings by|rooms)| {2}match:| {2}action:)/gm, '  $1');
    const full = compilePlan([{ name: 'default.yaml', text }]);
    expect(full.trunks).toHaveLength(1);
    expect(resolve(full, call('room-sales', { trunk: 'carrier' })).route.action).toMatchObject({
      room: 'acme-sales',
    });
    expect(resolve(full, call('room-sales')).route.action).toEqual(noRoute);
    expect(resolve(full, call('7654321')).route.action).toMatchObject({
      room: '7654321',
      meetingsOnly: true,
    });
  });
});

describe('matching', () => {
  it('keeps numbers as they are written: leading zeros and plus signs count', () => {
    const p = plan(
      'rules: [{name: a, match: {called: 0049}, action: echo}, {name: b, match: {called: +49}, action: ask-pin}]',
    );
    expect(resolve(p, call('0049')).route.rule).toBe('a');
    expect(resolve(p, call('+49')).route.rule).toBe('b');
    expect(resolve(p, call('49')).route.rule).toBeNull();
  });

  it('looks at every field, and all conditions of a rule must hold', () => {
    const p = plan(`
trunks: [{name: carrier, sources: [192.0.2.0/24]}]
rules:
  - name: all
    match:
      protocol: sip
      transport: tls
      trunk: carrier
      called: { prefix: "555" }
      calledUri: { regex: "sip:.*@gateway\\\\.example" }
      calling: { prefix: "+49" }
      callingUri: sip:+493012345@Carrier.example
    action: echo`);
    const good = call('5551', { transport: 'tls', trunk: 'carrier' });
    expect(resolve(p, good).route.rule).toBe('all');
    const bad: Partial<CallInput>[] = [
      { protocol: 'h323' },
      { transport: 'tcp' },
      { trunk: null },
      { called: { user: '556', uri: good.called.uri } },
      { called: { user: '5551', uri: 'sip:5551@elsewhere.example' } },
      { calling: { user: '+4412', uri: good.calling.uri } },
      { calling: { user: '+49', uri: 'sip:x@y' } },
    ];
    for (const change of bad) expect(resolve(p, { ...good, ...change }).route.rule).toBeNull();
  });

  it('knows calls of no trunk', () => {
    const p = plan('rules: [{name: strangers, match: {trunk: none}, action: {reject: {text: Go away}}}]');
    expect(resolve(p, call('1')).route.action).toMatchObject({ why: 'rejected', text: 'Go away' });
  });

  it('anchors a regex at both ends and hands its groups to the room', () => {
    const p = plan(`
variables: { company: acme }
rules:
  - name: rooms
    match: { called: { regex: "room-(?P<room>[a-z]+)(?:-(?P<part>[0-9]+))?" } }
    action: { join: { room: "\${company}/\${room}\${part}" } }`);
    const { route, trace } = resolve(p, call('room-sales-7'));
    expect(route.action).toMatchObject({ kind: 'join', room: 'acme/sales7' });
    expect(trace.variables).toEqual({ company: 'acme', room: 'sales', part: '7' });
    expect(resolve(p, call('room-sales')).route.action).toMatchObject({ room: 'acme/sales' });
    for (const user of ['xroom-sales', 'room-sales!', 'room-SALES', 'room-sales\nx']) {
      expect(resolve(p, call(user)).route.rule).toBeNull();
    }
  });

  it('refuses a call whose text gives no usable room, rather than falling through', () => {
    const p = plan(`
rules:
  - name: any
    match: { called: { regex: "(?s)r(?P<room>.*)" } }
    action: { join: { room: "\${room}" } }
  - { name: rest, match: {}, action: echo }`);
    for (const user of ['r', 'r   ', `r${'x'.repeat(129)}`, 'ra\nb', 'ra\u0000']) {
      expect(resolve(p, call(user)).route).toMatchObject({
        action: { kind: 'reject', why: 'rejected' },
        rule: 'any',
      });
    }
    expect(resolve(p, call(`r${'x'.repeat(128)}`)).route.action).toMatchObject({ kind: 'join' });
  });

  it('keeps what a caller dials from breaking out of the reject text', () => {
    const p = plan(`
rules: [{name: a, match: {called: {regex: "(?s)(?P<who>.*)"}}, action: {reject: {text: "No \${who} here"}}}]`);
    expect(resolve(p, call('x\r\nEvil: 1')).route.action).toMatchObject({ text: 'No x Evil: 1 here' });
  });
});

describe('order', () => {
  it('is priority, then file name, then place', () => {
    const p = plan(
      'rules: [{name: late, priority: 200, match: {}, action: echo}, {name: b, match: {called: {prefix: "1"}, transport: udp}, action: echo}]',
      'rules: [{name: c, match: {called: 12}, action: echo}, {name: first, priority: 1, match: {called: 13}, action: echo}]',
    );
    expect(p.rules.map(({ name }) => name)).toEqual(['first', 'b', 'c', 'late']);
    expect(resolve(p, call('13')).route.rule).toBe('first');
    expect(resolve(p, call('12')).route.rule).toBe('b');
    expect(resolve(p, call('2')).route.rule).toBe('late');
    expect(viewPlan(p, []).rules[1]).toMatchObject({ file: '0.yaml', when: { called: 'begins with 1' } });
  });

  it('takes tenant and language of the rule’s file; of the trunk’s when nothing matches', () => {
    const p = plan(
      'tenant: one\nlanguage: de\nrules: [{name: a, match: {called: 1}, action: echo}, {name: b, match: {called: 2}, language: en, action: echo}]',
      'tenant: two\ntrunks: [{name: t, sources: [192.0.2.1]}]\nrules: [{name: c, match: {called: 3}, action: echo}]',
    );
    expect(resolve(p, call('1')).route).toMatchObject({ tenant: 'one', language: 'de' });
    expect(resolve(p, call('2')).route).toMatchObject({ tenant: 'one', language: 'en' });
    expect(resolve(p, call('3')).route).toMatchObject({ tenant: 'two', language: null });
    expect(resolve(p, call('9', { trunk: 't' })).route).toMatchObject({ tenant: 'two', action: noRoute });
    expect(resolve(p, call('9')).route).toMatchObject({ tenant: 'one', action: noRoute });
  });
});

describe('how callers with video see the room', () => {
  const p = plan(`
rules:
  - { name: pin, match: { called: 1 }, action: { ask-pin: { layout: speaker } } }
  - { name: lecture, match: { called: 2 }, action: { join: { room: hall, layout: lecture, ownPicture: left-out } } }
  - { name: plain, match: { called: 3 }, action: ask-pin }
  - { name: test, match: { called: 4 }, action: echo }`);

  it('is what the rule says, in a dry run too; without a word the configuration decides', () => {
    const action = (user: string) => resolve(p, call(user)).route.action;
    expect(explain(p, call('1')).route.action).toMatchObject({
      view: { layout: 'speaker', ownPicture: null },
    });
    expect(action('2')).toMatchObject({ view: { layout: 'lecture', ownPicture: 'left-out' } });
    expect(action('3')).toMatchObject({ view: { layout: null, ownPicture: null } });
    expect(action('4')).not.toHaveProperty('view');
  });
});

describe('the trace', () => {
  const p = plan(`
trunks: [{name: t, sources: [192.0.2.1]}]
rules:
  - { name: a, match: { called: 1 }, action: echo }
  - { name: b, match: { called: { prefix: "2" }, trunk: t }, action: echo }
  - { name: c, match: { calling: { regex: "0+" } }, action: echo }
  - { name: d, match: { called: 20 }, action: ask-pin }`);

  it('of a call holds what was looked at', () => {
    expect(resolve(p, call('20')).trace).toMatchObject({
      plan: '0.yaml',
      version: p.version,
      steps: [
        { rule: 'a', matched: false, missed: 'called is not 1' },
        { rule: 'b', matched: false, missed: 'trunk is not t' },
        { rule: 'c', matched: false, missed: 'calling does not match 0+' },
        { rule: 'd', matched: true, missed: null },
      ],
    });
  });

  it('of a dry run holds every rule down to the deciding one', () => {
    const { route, trace } = explain(p, call('20'));
    expect(route).toEqual(resolve(p, call('20')).route);
    expect(trace.steps.map(({ rule, missed }) => [rule, missed])).toEqual([
      ['a', 'called is not 1'],
      ['b', 'trunk is not t'],
      ['c', 'calling does not match 0+'],
      ['d', null],
    ]);
  });
});

it('decides among 10,000 numbers in far less than a millisecond', () => {
  const rules = Array.from(
    { length: 10_000 },
    (_, i) => `  - {name: r${i}, match: {called: "${100_000 + i}"}, action: ask-pin}`,
  );
  const p = plan(`rules:\n${rules.join('\n')}`);
  expect(resolve(p, call('109999')).trace.steps).toHaveLength(1);
  const begin = performance.now();
  for (let i = 0; i < 1000; i++) resolve(p, call(String(100_000 + i * 10)));
  // Measured: 2 µs each. The bound leaves a hundredfold for a busy machine.
  expect((performance.now() - begin) / 1000).toBeLessThan(0.2);
});
