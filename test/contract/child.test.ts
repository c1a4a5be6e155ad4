import type * as timersPromises from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Child } from '../../mcu/control/child.ts';
import type { ChildOptions, RunningChild } from '../../mcu/control/child.ts';
import { forks } from '../../mcu/control/forked.ts';
import type { Launch } from '../../mcu/control/line.ts';
import { commandOf, descendants, isAlive } from '../support/process-tree.ts';
import { openTestHost } from '../support/media-host.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

/** Of a child that is started again, in ms. */
const pauses: number[] = [];
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof timersPromises>();
  const setTimeout: typeof timers.setTimeout = (ms, value, options) => {
    if (options?.signal) pauses.push(ms ?? 0);
    return timers.setTimeout(ms, value, options);
  };
  return { ...timers, setTimeout };
});

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.reverse()) await one.close();
  open = [];
});

/** A child, and its stand-by when it has one. */
const processes = (): number[] =>
  descendants(process.pid).filter((pid) => commandOf(pid).includes('child-main'));

const places: [string, (launch: Launch) => Promise<Launch>][] = [
  ['as a child of this process', (launch) => Promise.resolve(launch)],
  [
    'on a media host',
    async (launch) => {
      const host = await openTestHost({ launch });
      open.push(host);
      return host.launch();
    },
  ],
];

describe.each(places)('a process %s', (_where, launchedThere) => {
  const entry = new URL('../fakes/child-main.ts', import.meta.url);

  async function start(mode: string, options: Partial<ChildOptions> = {}, env: Record<string, string> = {}) {
    const ups: RunningChild[] = [];
    const lines: LogLine[] = [];
    let downs = 0;
    const child = await Child.start({
      name: 'test child',
      launch: await launchedThere(forks({ module: entry, args: [mode], env })),
      start: { secret: 1 },
      log: quietLog(lines),
      onUp: (running) => ups.push(running),
      onDown: () => downs++,
      ...options,
    });
    open.push(child);
    return { child, ups, lines, downs: () => downs };
  }

  test('a child gets its start, answers, and ends when asked', async () => {
    const { child, ups } = await start('plain');
    expect(child).toMatchObject({ state: 'up', restarts: 0, ready: { start: { secret: 1 }, mode: 'plain' } });
    const [{ pid, port }] = ups;
    expect(child.pid).toBe(pid);
    const got: unknown[] = [];
    port.onMessage((message) => got.push(message));
    port.send({ echo: 7 });
    await until('the answer', () => got.length === 1);
    expect(got).toEqual([{ echoed: 7 }]);
    await child.close();
    await child.close();
    expect(isAlive(pid)).toBe(false);
    expect(child.state).toBe('down');
  });

  test('a child that dies is started again, and its port tells', async () => {
    const { child, ups, downs } = await start('plain');
    let closed = 0;
    ups[0].port.onClose(() => closed++);
    ups[0].port.send({ die: true });
    await until('the next one', () => ups.length === 2);
    expect([closed, downs(), child.restarts]).toEqual([1, 1, 1]);
    expect(child.pid).not.toBe(ups[0].pid);
  });

  test('a stand-by takes over and is closed with the child', async () => {
    const { child, ups } = await start('plain');
    child.keepStandBy();
    await until('the stand-by', () => child.hasStandBy, 20_000);
    const standBy = processes().filter((pid) => pid !== child.pid);
    process.kill(ups[0].pid, 'SIGKILL');
    await until('the stand-by is up', () => ups.length === 2);
    expect([ups[1].pid]).toEqual(standBy);
    await child.close();
    expect(isAlive(ups[1].pid)).toBe(false);
  });

  test('a stand-by takes over at once however often the child died before, others wait', async () => {
    const { child, ups } = await start('plain');
    const die = async (): Promise<number> => {
      const before = pauses.length;
      const next = ups.length + 1;
      process.kill(ups[next - 2].pid, 'SIGKILL');
      await until('the next one', () => ups.length === next, 20_000);
      return pauses.length - before;
    };
    expect([await die(), await die()]).toEqual([0, 1]);
    child.keepStandBy();
    await until('the stand-by', () => child.hasStandBy, 20_000);
    expect(await die()).toBe(0);
  });

  test('a child that is closed while it is started again has not failed', async () => {
    const { child, ups, lines } = await start('plain', { stopMs: 0 });
    process.kill(ups[0].pid, 'SIGKILL');
    await until('it is started again', () => child.restarts === 1);
    await child.close();
    expect(child.state).toBe('down');
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a stand-by that is gone before its turn is replaced', async () => {
    const { child, lines } = await start('plain');
    child.keepStandBy();
    const stoodBy = () => lines.filter(({ sentence }) => sentence === 'stand-by process is ready');
    await until('the stand-by', () => child.hasStandBy, 20_000);
    const [standBy] = processes().filter((pid) => pid !== child.pid);
    process.kill(standBy, 'SIGKILL');
    await until('it is missed', () => !child.hasStandBy);
    await until('another one stands by', () => child.hasStandBy && stoodBy().length === 2, 40_000);
    expect(child.restarts).toBe(0);
  }, 90_000);

  test('a child that lives but does not answer any more is killed, and the stand-by takes over', async () => {
    const { child, ups, lines } = await start('plain', { answerMs: 600 });
    child.keepStandBy();
    await until('the stand-by', () => child.hasStandBy, 20_000);
    ups[0].port.send({ deafen: true });
    await until('the stand-by is up', () => ups.length === 2);
    expect(isAlive(ups[0].pid)).toBe(false);
    expect(child).toMatchObject({ restarts: 1, hangs: 1 });
    expect(lines.map(({ sentence }) => sentence)).toContain(
      'child process did not answer any more, was killed and is started again',
    );
  });

  test('a parent that stood still itself does not take its child for hung', async () => {
    const { child, ups } = await start('plain', { answerMs: 300 });
    // As SIGSTOP and SIGCONT, a debugger or a sleeping machine do: no timer fires, what comes in waits.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    const answers: unknown[] = [];
    ups[0].port.onMessage((message) => answers.push(message));
    ups[0].port.send({ echo: 1 });
    await until('the child answers', () => answers.length === 1);
    expect(child).toMatchObject({ state: 'up', restarts: 0, hangs: 0, pid: ups[0].pid });
  });

  test('a child that can not start, or is not ready in time, is an error', async () => {
    await expect(start('broken')).rejects.toMatchObject({ code: 'CHILD_FAILED' });
    await expect(start('mute', { readyMs: 1500 })).rejects.toMatchObject({ code: 'CHILD_FAILED' });
  });

  test('a child that does not end is killed', async () => {
    const { child, ups } = await start('stubborn', { stopMs: 200 });
    await child.close();
    expect(isAlive(ups[0].pid)).toBe(false);
  });

  test('a child gets its parent’s surroundings, but none of its secrets', async () => {
    process.env.LIVEKIT_API_SECRET = 'not for children';
    const { ups } = await start('plain', {}, { SIP_EDGE_SECRET: 'its own' });
    const values: unknown[] = [];
    ups[0].port.onMessage((message) => values.push((message as { value: unknown }).value));
    for (const env of ['PATH', 'LIVEKIT_API_SECRET', 'SIP_EDGE_SECRET']) ups[0].port.send({ env });
    await until('all are answered', () => values.length === 3);
    delete process.env.LIVEKIT_API_SECRET;
    expect(values).toEqual([process.env.PATH, null, 'its own']);
  });
});
