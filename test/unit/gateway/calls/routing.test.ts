import { expect, it } from 'vitest';
import type { PolicyQuestion } from '../../../../gateway/ports.ts';
import { goTo, menuOf, policyAt, rejectWith, transferTo } from '../../../support/actions.ts';
import { decided, joinRoom, plainAskPin, routed } from '../../../support/dial-plan.ts';
import { until } from '../../../support/until.ts';
import { FakeLeg, build } from './support.ts';

it('keeps the rule that a go-to led to, and how the caller got there', async () => {
  const menu = menuOf({ '1': goTo('1000') }, { prompt: 'host-arrived' });
  const { calls, node, records } = build(undefined, {
    route: () =>
      routed(decided(menu, { rule: 'reception' }), {
        again: (_before, called) => decided(plainAskPin, { rule: `for ${called}`, language: 'de' }),
      }),
  });
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  await until('the menu is said', () => node.legs.at(0)?.played.length === 1);
  node.legs[0].say('digit', '1');
  await until('the PIN is asked for', () => node.legs[0].played.length === 2);
  expect(node.legs[0].played[1].files).toEqual(['de/welcome.wav', 'de/enter-pin.wav']);
  await calls.close();
  expect(records).toMatchObject([{ rule: 'for 1000', endReason: 'shutting-down' }]);
  expect(records[0].steps.map(({ kind, subject }) => [kind, subject])).toEqual([
    ['menu', 'host-arrived'],
    ['choice', '1'],
    ['go-to', '1000'],
  ]);
});

it('asks a policy what the plan says, and ends the question with the call', async () => {
  const asked: { question: PolicyQuestion; signal: AbortSignal }[] = [];
  const { calls, node, records } = build(undefined, {
    route: () => routed(decided(policyAt('https://policy.example/x?key=1', plainAskPin))),
    policies: {
      ask: (question, signal) => {
        asked.push({ question, signal });
        return new Promise(() => undefined);
      },
    },
  });
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  expect(asked[0].question).toMatchObject({
    url: 'https://policy.example/x?key=1',
    timeoutMs: 1000,
    body: { version: 1, call: '1', rule: 'all', from: { user: '4930111222' }, answered: false },
  });
  expect(calls.states()).toEqual(['asking-policy']);
  await calls.hangUp('1', 'ended-by-admin');
  await until('the call ended', () => records.length === 1);
  expect(asked[0].signal.aborted).toBe(true);
  expect(leg.ended).toBe('ended-by-admin');
  expect(node.legs).toEqual([]);
});

it('says in its log why a policy was not followed, and does what the plan has instead', async () => {
  const { calls, node, lines } = build(undefined, {
    route: () =>
      routed(decided(policyAt('https://policy.example', rejectWith({ code: 480, text: 'later' }))), {
        read: () => 'it has no key "joyn"',
      }),
    policies: { ask: () => Promise.resolve({ kind: 'answer', body: { joyn: {} } }) },
  });
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  await until('it is refused', () => leg.ended !== null);
  expect(leg).toMatchObject({ ended: 'rejected-by-plan', refusal: { status: 480, text: 'later' } });
  expect(lines.map(({ facts }) => facts)).toContainEqual(
    expect.objectContaining({ problem: 'unusable', cause: 'it has no key "joyn"' }),
  );
});

it('redirects without opening any media', async () => {
  const { calls, node, records } = build(undefined, {
    route: () => routed(decided(transferTo('sip:ops@pbx.example'))),
  });
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  await until('the call ended', () => records.length === 1);
  expect(leg).toMatchObject({ ended: 'transferred', transferredTo: 'sip:ops@pbx.example' });
  expect(records[0]).toMatchObject({ endReason: 'transferred', answeredAt: null });
  expect(node.legs).toEqual([]);
});

it('sums up a flood of calls that a policy lets come to nothing', async () => {
  const { calls, node, records } = build(undefined, {
    maxCalls: 1000,
    maxCallsPerSource: 1000,
    route: () => routed(decided(policyAt('https://policy.example', rejectWith()))),
  });
  const legs = Array.from({ length: 200 }, (_, i) => new FakeLeg(String(i), node));
  for (const leg of legs) calls.accept(leg);
  await until('all are refused', () => legs.every(({ ended }) => ended !== null) && calls.size === 0);
  await calls.close();
  expect(records.length).toBeLessThan(120);
  expect(records.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(200);
});

it('sees the room as the rule wants it that led there, not the first', async () => {
  const lecture = joinRoom('hall', { layout: 'lecture', ownPicture: 'left-out' });
  const { calls, node } = build(undefined, {
    route: () => routed(decided(menuOf({ '1': lecture }, { prompt: 'host-arrived' }))),
  });
  calls.accept(new FakeLeg('1', node));
  await until('the menu is said', () => node.legs.at(0)?.played.length === 1);
  node.legs[0].say('digit', '1');
  await until('the caller is in the room', () => node.legs[0].joined !== null);
  await until('the layout is set', () => node.legs[0].look.layout === 'lecture');
  expect(node.legs[0].look.own).toBe('left-out');
  await calls.close();
});

it('keeps a hundred steps of a caller who goes in circles, and no more', async () => {
  const { calls, node, records } = build(undefined, {
    route: () => routed(decided(menuOf({ '9': { kind: 'again' } }, { prompt: 'host-arrived' }))),
  });
  calls.accept(new FakeLeg('1', node));
  await until('the menu is said', () => node.legs.at(0)?.played.length === 1);
  for (let i = 0; i < 300; i++) node.legs[0].say('digit', '9');
  await calls.close();
  expect(records[0].steps).toHaveLength(100);
});
