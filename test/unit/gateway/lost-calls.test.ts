import { expect, it, vi } from 'vitest';
import { LostCalls } from '../../../gateway/lost-calls.ts';
import type { LostCall } from '../../../gateway/records/lost-calls.ts';
import { quietLog } from '../../support/quiet-log.ts';
import type { LogLine } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

const dialog = { server: '10.0.0.5:9022', dialog: 'c1;from-tag=1' };

function lost(more: object = {}): LostCall {
  const call = { id: 'c1', room: 'weekly', participant: 'sip_1', dialog, ...more };
  return { call, record: {} } as unknown as LostCall;
}

function desk(outcomes: readonly ('told' | 'no-dialog' | 'no-server')[]) {
  const left = [...outcomes];
  const lines: LogLine[] = [];
  const endOwnerless = vi.fn(() => Promise.resolve(left.length > 1 ? (left.shift() ?? 'told') : left[0]));
  const removeLost = vi.fn(() => Promise.resolve());
  const calls = new LostCalls(1);
  const start = () => calls.start({ edge: { endOwnerless }, rooms: { removeLost }, log: quietLog(lines) });
  return { calls, endOwnerless, removeLost, lines, start };
}

it('waits for edge and rooms, then hangs up and removes the participant', async () => {
  const { calls, endOwnerless, removeLost, lines, start } = desk(['told']);
  calls.add([lost()]);
  expect(endOwnerless).not.toHaveBeenCalled();
  start();
  await until('it is done', () => lines.length > 0);
  expect(endOwnerless).toHaveBeenCalledExactlyOnceWith(dialog, 'gateway-lost');
  expect(removeLost).toHaveBeenCalledExactlyOnceWith('weekly', 'sip_1', 'c1');
  expect(lines.map(({ facts }) => facts)).toEqual([{ call: 'c1', caller: 'told' }]);
});

it('asks nobody about a call that was in no room and not answered', async () => {
  const { calls, endOwnerless, removeLost, lines, start } = desk(['told']);
  start();
  calls.add([lost({ room: null, participant: null, dialog: null })]);
  await until('it is done', () => lines.length > 0);
  expect(endOwnerless).not.toHaveBeenCalled();
  expect(removeLost).not.toHaveBeenCalled();
  expect(lines.map(({ facts }) => facts)).toEqual([{ call: 'c1', caller: 'not answered' }]);
});

it('tries again while the SIP server is away, for a minute', async () => {
  const { calls, endOwnerless, lines, start } = desk(['no-server', 'no-server', 'told']);
  start();
  calls.add([lost()]);
  await until('it is done', () => lines.length > 0);
  expect(endOwnerless).toHaveBeenCalledTimes(3);
  expect(lines).toHaveLength(1);
  const hopeless = desk(['no-server']);
  hopeless.start();
  hopeless.calls.add([lost()]);
  await until('it is given up', () => hopeless.lines.length > 0);
  expect(hopeless.endOwnerless).toHaveBeenCalledTimes(60);
  expect(hopeless.lines.map(({ facts }) => facts)).toEqual([{ call: 'c1', caller: 'no-server' }]);
});

it('stops when the gateway does', async () => {
  const { calls, endOwnerless, lines, start } = desk(['no-server']);
  start();
  calls.add([lost()]);
  calls.close();
  await until('it is given up', () => lines.length > 0);
  expect(endOwnerless).toHaveBeenCalledTimes(1);
});
