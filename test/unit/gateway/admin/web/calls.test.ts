import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showDuration, toInstant, toLocal } from '../../../../../gateway/admin/web/admin/times.ts';
import { explainedBy } from '../../../../../gateway/admin/web/calls/explained.ts';
import { everyCall, filterOf, howMany, queryOf } from '../../../../../gateway/admin/web/calls/filter.ts';
import { mosInWords } from '../../../../../gateway/admin/web/calls/quality-words.ts';
import {
  isOrdinary,
  reasonChoices,
  reasonName,
} from '../../../../../gateway/admin/web/calls/reason-names.ts';
import { inWords } from '../../../../../gateway/admin/web/calls/step-words.ts';
import {
  callOfQuery,
  type CallText,
  emptyCall,
  queryOfCall,
  toCall,
} from '../../../../../gateway/admin/web/plans/call-query.ts';
import { endReasons } from '../../../../../gateway/reasons.ts';

describe('a filter', () => {
  it('stands in the address as the API names it, without what is not set', () => {
    const filter = { ...everyCall, number: ' +493012345 ', reason: 'no-route' };
    expect(queryOf(filter)).toBe('number=%2B493012345&reason=no-route');
    expect(filterOf(`?${queryOf(filter)}&other=1`)).toEqual({ ...filter, number: '+493012345' });
    expect([howMany(filter), howMany(everyCall)]).toEqual([2, 0]);
    expect(filterOf('')).toEqual(everyCall);
  });
});

describe('a call to be tried', () => {
  const call: CallText = {
    ...{ called: '030 901', calling: '+49170111', trunk: 'carrier', transport: 'tls' },
    ...{ at: '2026-11-30T10:00', language: 'de-AT', source: '192.0.2.10', verstat: 'passed' },
    ...{ registered: true, headers: 'X-Customer: gold-1\nX-Empty:' },
  };

  it('comes through an address unchanged, whoever’s clock reads it', () => {
    expect(callOfQuery(`?${queryOfCall(call)}`)).toEqual(call);
    expect(new URLSearchParams(queryOfCall(call)).get('at')).toMatch(/^2026-1\d-\d\dT\d\d:00:00.000Z$/);
  });

  it('needs no more than who is called; an address without one has none', () => {
    expect(callOfQuery('?try&called=1000')).toEqual({ ...emptyCall, called: '1000' });
    expect(callOfQuery('?try&called=1000&transport=pigeon&at=soon')).toEqual({
      ...emptyCall,
      called: '1000',
    });
    expect(callOfQuery('?called=1000')).toBeNull();
  });

  it('is told to the API without what was left empty', () => {
    expect(toCall({ ...emptyCall, called: ' 1000 ' })).toEqual({ called: '1000', transport: 'udp' });
    expect(toCall(call)).toEqual({
      ...{ called: '030 901', calling: '+49170111', trunk: 'carrier', transport: 'tls', language: 'de-AT' },
      ...{ source: '192.0.2.10', verstat: 'passed', registered: true, at: toInstant('2026-11-30T10:00') },
      headers: { 'X-Customer': 'gold-1', 'X-Empty': '' },
    });
  });
});

describe('why a call went where it went', () => {
  it('is told by its record, of whatever kind that is', () => {
    const steps = [{ rule: 'pin', matched: true, missed: null }];
    expect(explainedBy({ plan: 'main', version: 'v7', steps, skipped: 3, variables: {} })).toEqual({
      ...{ kind: 'plan', version: 'v7', steps, skipped: 3, variables: {} },
    });
    expect(explainedBy({ refused: { status: 503, text: 'Full' } })).toEqual({
      ...{ kind: 'refused', status: 503, text: 'Full' },
    });
    expect(explainedBy({ refused: { attempts: 9, sources: { '192.0.2.1': 2, '192.0.2.2': 7 } } })).toEqual({
      kind: 'flood',
      sources: [
        ['192.0.2.2', 7],
        ['192.0.2.1', 2],
      ],
    });
    expect(explainedBy({ bridgedWith: 'a' })).toEqual({ kind: 'bridge', call: 'a' });
  });

  it('is nothing where there is nothing to read', () => {
    fc.assert(fc.property(fc.jsonValue(), (trace) => explainedBy(trace).kind === 'nothing'));
  });
});

describe('in words', () => {
  it('are reasons', () => {
    expect(reasonName('no-pin-entered')).toBe('No PIN entered');
    expect(reasonChoices.map(([reason]) => reason).sort()).toEqual([...endReasons].sort());
    expect([isOrdinary('caller-hung-up'), isOrdinary('trunk-refused')]).toEqual([true, false]);
  });

  it.each([
    [{ kind: 'menu', subject: 'sales', outcome: null }, 'Heard the menu “sales”.'],
    [{ kind: 'choice', subject: '1', outcome: 'join' }, 'Pressed 1: into a room.'],
    [{ kind: 'choice', subject: null, outcome: 'no-key' }, 'Pressed no key of the menu (none came).'],
    [{ kind: 'language', subject: 'de', outcome: null }, 'Chose German.'],
    [{ kind: 'pin', subject: null, outcome: 'wrong' }, 'Typed a PIN: wrong.'],
    [
      { kind: 'bridge', subject: 'carrier', outcome: 'no-answer' },
      'Was put through by the trunk carrier: no answer.',
    ],
    [{ kind: 'room', subject: 'weekly', outcome: 'guest' }, 'Was let into the room weekly as guest.'],
    [{ kind: 'dream', subject: 'of', outcome: null }, 'dream of'],
  ])('is the step %j', (step, words) => {
    expect(inWords({ at: '2026-11-27T10:00:00.000Z', ...step })).toBe(words);
  });

  it('are durations and ratings', () => {
    expect([400, 59_600, 192_000, 3_840_000].map(showDuration)).toEqual([
      ...['0 s', '1 min 0 s', '3 min 12 s', '1 h 4 min'],
    ]);
    expect([4.41, 3.7, 1, null].map(mosInWords)).toEqual([
      'very good (4.4)',
      'fair (3.7)',
      'bad (1.0)',
      null,
    ]);
    expect([toLocal('soon'), toLocal(toInstant('2026-11-27T10:05'))]).toEqual(['', '2026-11-27T10:05']);
  });
});
