import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinkError } from '../../../../mcu/link/errors.ts';
import { Keeper } from '../../../../mcu/link/keeper.ts';
import type { SessionOver } from '../../../../mcu/link/leave.ts';
import { quietLog } from '../../../support/quiet-log.ts';

const REJOIN: SessionOver = { kind: 'rejoin', cause: 'test' };
const signal = new AbortController().signal;

class FakeSession {
  closed = false;
  readonly over: (over: SessionOver) => void;

  constructor(over: (over: SessionOver) => void) {
    this.over = over;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

describe('the keeper of a link', () => {
  const sessions: FakeSession[] = [];
  const said: string[] = [];
  /** How the next attempts end; a success when there is none. */
  const failures: Error[] = [];
  let attempts = 0;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    for (const list of [sessions, said, failures]) list.length = 0;
    attempts = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const keeper = (): Keeper<FakeSession> =>
    new Keeper({
      open: (onOver) => {
        attempts += 1;
        const failure = failures.shift();
        if (failure !== undefined) return Promise.reject(failure);
        const session = new FakeSession(onOver);
        sessions.push(session);
        return Promise.resolve(session);
      },
      onState: (state) => said.push(state),
      onEnd: (end) => said.push(end),
      log: quietLog(),
    });
  const transport = (): LinkError => new LinkError('LINK_TRANSPORT_FAILED', 'no media');

  it('tries a failed first join again, three times in all', async () => {
    failures.push(transport(), transport());
    const opening = keeper().start(signal);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await opening).toBe(sessions[0]);
    expect(attempts).toBe(3);

    failures.push(transport(), transport(), transport());
    const failing = keeper().start(signal);
    const outcome = expect(failing).rejects.toMatchObject({ code: 'LINK_TRANSPORT_FAILED' });
    await vi.advanceTimersByTimeAsync(2000);
    await outcome;
  });

  it('takes a refusal for an answer', async () => {
    failures.push(new LinkError('LINK_REFUSED', 'bad token'));
    await expect(keeper().start(signal)).rejects.toMatchObject({ code: 'LINK_REFUSED' });
    expect(attempts).toBe(1);
  });

  it('joins afresh after a loss, and says so once each', async () => {
    await keeper().start(signal);
    failures.push(transport(), transport());
    sessions[0].over(REJOIN);
    sessions[0].over(REJOIN);
    expect(said).toEqual(['lost']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(said).toEqual(['lost', 'restored']);
    expect(sessions[0].closed).toBe(true);
    expect(attempts).toBe(4);
  });

  it('waits longer each time that a fresh join breaks at once', async () => {
    const kept = keeper();
    await kept.start(signal);
    for (let loss = 0; loss < 20; loss++) {
      kept.current?.over(REJOIN);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(attempts).toBeLessThan(12);
    await kept.close();
  });

  it('gives up after a minute', async () => {
    await keeper().start(signal);
    failures.push(...Array.from({ length: 100 }, transport));
    sessions[0].over(REJOIN);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(said).toEqual(['lost', 'unreachable']);
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(30);
  });

  it('ends with the room’s own reason, at once or while it rejoins', async () => {
    await keeper().start(signal);
    sessions[0].over({ kind: 'end', end: 'removed' });
    expect(said).toEqual(['removed']);

    said.length = 0;
    await keeper().start(signal);
    failures.push(new LinkError('LINK_ENDED', 'gone', { end: 'room-deleted' }));
    sessions[1].over(REJOIN);
    await vi.advanceTimersByTimeAsync(1000);
    expect(said).toEqual(['lost', 'room-deleted']);
  });

  it('says nothing more once it is closed', async () => {
    const kept = keeper();
    await kept.start(signal);
    await kept.close();
    await kept.close();
    expect(sessions[0].closed).toBe(true);
    sessions[0].over(REJOIN);
    await vi.advanceTimersByTimeAsync(1000);
    expect(said).toEqual([]);
    expect(attempts).toBe(1);
  });

  it('stops rejoining when it is closed', async () => {
    const kept = keeper();
    await kept.start(signal);
    sessions[0].over(REJOIN);
    await kept.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['lost']);
    expect(attempts).toBe(1);
  });
});
