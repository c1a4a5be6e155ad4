import { expect, it } from 'vitest';
import { deedInWords, whyInWords } from '../../../../../gateway/admin/web/audit/audit-words.ts';
import { lastWords } from '../../../../../gateway/admin/web/webhooks/delivery-words.ts';

const entry = (action: string, details: Record<string, unknown>) => ({
  ...{ id: '1', at: '2026-11-27T10:00:00.000Z', by: 'Ann', action, subject: 'main', details },
});

it.each([
  ['plan.published', { version: 3, enabled: true }, 'published version 3'],
  ['plan.published', { version: 3, enabled: false }, 'kept version 3 as a draft'],
  ['plan.rolled-back', { version: 4, to: 2 }, 'rolled back to version 2, as version 4'],
  ['plan.taken-over', { version: 1, from: 'default.yaml' }, 'took it over from the file default.yaml'],
  ['plan.removed', { version: 4 }, 'removed it at version 4'],
  ['canary.started', { version: 5, numbers: [], share: 10 }, 'began to try version 5 with 10 % of the calls'],
  [
    'canary.started',
    { version: 5, numbers: ['1000'], share: 100 },
    'began to try version 5 with all calls to 1000',
  ],
  ['canary.taken-back', { version: 5 }, 'took version 5 back by itself'],
  ['guess.lifted', { misses: 15 }, 'let in again after 15 wrong PINs'],
  ['moon.landed-on', {}, 'moon landed on'],
])('the audit log tells of %s %j', (action, details, words) => {
  expect(deedInWords(entry(action, details))).toBe(words);
});

it('the audit log says why, when somebody did', () => {
  expect(whyInWords(entry('plan.published', { note: 'a hot line' }))).toBe('“a hot line”');
  expect(whyInWords(entry('canary.taken-back', { reason: '3 of its 5 calls failed' }))).toBe(
    '3 of its 5 calls failed',
  );
  expect(whyInWords(entry('plan.removed', { note: null }))).toBe('');
});

it('a delivery tells how its last attempt went', () => {
  const attempt = { at: '2026-11-27T10:00:00.000Z', ms: 42, status: 204, error: null };
  const delivery = (state: 'waiting' | 'delivered', attempts: (typeof attempt | object)[]) =>
    lastWords({
      ...{ id: 'd', event: 'e', type: 'call.ended', state, createdAt: attempt.at, dueAt: null, doneAt: null },
      attempts: attempts as (typeof attempt)[],
    });
  expect(delivery('waiting', [])).toBe('not sent yet');
  expect(delivery('delivered', [attempt])).toBe('answered 204 after 42 ms');
  expect(delivery('waiting', [attempt, { ...attempt, status: 500, error: 'server error', ms: 1234 }])).toBe(
    'answered 500 after 1.2 s: server error',
  );
  expect(delivery('waiting', [{ ...attempt, status: 503, error: 'answered 503' }])).toBe(
    'answered 503 after 42 ms',
  );
  expect(delivery('waiting', [{ ...attempt, status: null, error: 'refused', ms: 3 }])).toBe(
    'no answer after 3 ms: refused',
  );
});
