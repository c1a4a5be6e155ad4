import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Channel } from '../../../../mcu/control/channel.ts';
import type { Port } from '../../../../mcu/control/channel.ts';
import { MediaError } from '../../../../mcu/errors.ts';

const serverContract = {
  calls: {
    double: { params: z.strictObject({ value: z.number() }), result: z.number() },
    fail: { params: z.null(), result: z.null() },
    hang: { params: z.null(), result: z.null() },
    lie: { params: z.null(), result: z.number() },
  },
  events: { note: z.strictObject({ text: z.string() }) },
} as const;
const clientContract = { calls: {}, events: {} } as const;

/** Two ports that carry JSON to each other. */
function wire(): [Port & { end: () => void }, Port & { end: () => void }] {
  const make = () => ({ listeners: [] as ((message: unknown) => void)[], closers: [] as (() => void)[] });
  const sides = [make(), make()];
  const port = (mine: number, theirs: number) => ({
    send: (message: unknown) => {
      const text = JSON.stringify(message);
      queueMicrotask(() => sides[theirs].listeners.forEach((listener) => listener(JSON.parse(text))));
    },
    onMessage: (listener: (message: unknown) => void) => void sides[mine].listeners.push(listener),
    onClose: (listener: () => void) => void sides[mine].closers.push(listener),
    end: () => sides[mine].closers.forEach((listener) => listener()),
  });
  return [port(0, 1), port(1, 0)];
}

function pair() {
  const [near, far] = wire();
  const notes: string[] = [];
  const server = new Channel(far, serverContract, clientContract, {
    calls: {
      double: ({ value }) => value * 2,
      fail: () => Promise.reject(new MediaError('LEG_UNKNOWN', 'no such leg')),
      hang: () => new Promise(() => undefined),
      lie: () => 'seven' as unknown as number,
    },
    events: { note: ({ text }) => notes.push(text) },
  });
  const client = new Channel(near, clientContract, serverContract, { calls: {}, events: {} });
  return { client, server, near, far, notes };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('calls are answered, events arrive in order', async () => {
  const { client, notes } = pair();
  client.tell('note', { text: 'a' });
  client.tell('note', { text: 'b' });
  expect(await client.call('double', { value: 21 })).toBe(42);
  expect(notes).toEqual(['a', 'b']);
  expect(vi.getTimerCount()).toBe(0);
});

test('an error keeps its code on the other side', async () => {
  const { client } = pair();
  await expect(client.call('fail', null)).rejects.toMatchObject({
    code: 'LEG_UNKNOWN',
    message: 'no such leg',
  });
});

test('a call without an answer ends at its deadline', async () => {
  const { client } = pair();
  const call = expect(client.call('hang', null, { deadlineMs: 300 })).rejects.toMatchObject({
    code: 'CONTROL_TIMEOUT',
  });
  await vi.advanceTimersByTimeAsync(300);
  await call;
});

test('a call can be aborted', async () => {
  const { client } = pair();
  const abort = new AbortController();
  const call = expect(client.call('hang', null, { signal: abort.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  abort.abort();
  await call;
  expect(vi.getTimerCount()).toBe(0);
});

test('open calls fail when the port closes, later ones at once', async () => {
  const { client, near } = pair();
  const call = expect(client.call('hang', null)).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
  let closed = 0;
  client.onClose(() => closed++);
  near.end();
  near.end();
  await call;
  await expect(client.call('double', { value: 1 })).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
  expect(closed).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('what fits no contract reaches no handler', async () => {
  const { client, server, near, notes } = pair();
  await expect(client.call('double', { value: 'x' as unknown as number })).rejects.toMatchObject({
    code: 'CONTROL_BAD_MESSAGE',
  });
  await expect(client.call('lie', null)).rejects.toMatchObject({ code: 'CONTROL_BAD_MESSAGE' });
  await expect(client.call('toString' as 'double', { value: 1 })).rejects.toMatchObject({
    code: 'CONTROL_BAD_MESSAGE',
  });
  near.send({ event: 'note', params: { text: 1 } });
  near.send({ event: 'constructor', params: {} });
  near.send('hello');
  near.send({ id: 999, result: 1 });
  await vi.advanceTimersByTimeAsync(0);
  expect(notes).toEqual([]);
  expect(server.badMessages).toBe(5);
});
