import { describe, expect, it } from 'vitest';
import { failed, ok } from '../../../../gateway/doctor/finding.ts';
import { runChecks } from '../../../../gateway/doctor/run-checks.ts';
import type { Ordered } from '../../../../gateway/doctor/run-checks.ts';

const check = (id: string, run: Ordered['run'], after: readonly string[] = []): Ordered => ({
  id,
  title: id,
  deadlineMs: 50,
  run,
  after,
});
const broken = failed('broken', { why: 'w', todo: 't' });

describe('checks', () => {
  it('run side by side and come in their order', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const outcomes = runChecks([
      { ...check('first', async () => gate.then(() => [ok('first')])), deadlineMs: 10_000 },
      check('second', () => {
        release();
        return Promise.resolve([ok('second')]);
      }),
    ]);
    expect((await Promise.all(outcomes)).map(({ id, state }) => [id, state])).toEqual([
      ['first', 'ok'],
      ['second', 'ok'],
    ]);
  });

  it('that hang are failed, and say so', async () => {
    const [outcome] = await Promise.all(runChecks([check('hangs', () => new Promise(() => undefined))]));
    expect(outcome).toMatchObject({ state: 'failed', findings: [{ what: 'It took longer than 0.05 s.' }] });
  });

  it('that throw are failed, with what was thrown', async () => {
    const [outcome] = await Promise.all(
      runChecks([check('throws', () => Promise.reject(new Error('no such thing')))]),
    );
    expect(outcome).toMatchObject({ state: 'failed', findings: [{ why: 'no such thing' }] });
  });

  it('that need a failed one are left out and name it', async () => {
    let ran = false;
    const outcomes = await Promise.all(
      runChecks([
        check('livekit', () => Promise.resolve([broken])),
        check('fine', () => Promise.resolve([ok('fine')])),
        check(
          'call',
          () => {
            ran = true;
            return Promise.resolve([ok('call')]);
          },
          ['fine', 'livekit'],
        ),
      ]),
    );
    expect(outcomes[2]).toMatchObject({
      state: 'left-out',
      findings: [{ why: 'it needs what failed above: livekit' }],
    });
    expect(ran).toBe(false);
  });
});
