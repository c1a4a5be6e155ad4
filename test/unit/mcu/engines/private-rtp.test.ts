import { EventEmitter } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import { PrivateRtp, openPrivateSocket } from '../../../../mcu/engines/embedded/private-rtp.ts';

/** Sockets of a machine that has run out of something. */
const { sockets, refuses } = vi.hoisted(() => ({
  sockets: [] as { closed: boolean }[],
  refuses: { bind: false, connect: false },
}));
vi.mock('node:dgram', () => ({
  createSocket: () => {
    const events = new EventEmitter();
    const after = (refused: boolean, name: string) =>
      setImmediate(() => events.emit(refused ? 'error' : name, new Error('EMFILE')));
    const socket = Object.assign(events, {
      closed: false,
      bind: () => after(refuses.bind, 'listening'),
      connect: () => after(refuses.connect, 'connect'),
      close: () => (socket.closed = true),
    });
    sockets.push(socket);
    return socket;
  },
}));
beforeEach(() => void sockets.splice(0));

test.each(['bind', 'connect'] as const)('a failed %s leaves no socket behind', async (what) => {
  refuses[what] = true;
  const rtp = new PrivateRtp(1000, () => undefined);
  await expect(rtp.connect(4000)).rejects.toThrow('EMFILE');
  refuses[what] = false;
  expect(sockets.map(({ closed }) => closed)).toEqual([true]);
  rtp.close();
});

test('one that can be bound stays open', async () => {
  await openPrivateSocket(1000);
  expect(sockets.map(({ closed }) => closed)).toEqual([false]);
});
