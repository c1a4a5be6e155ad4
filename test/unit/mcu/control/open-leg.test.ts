import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Channel } from '../../../../mcu/control/channel.ts';
import type { Port } from '../../../../mcu/control/channel.ts';
import { deafToMixer, serveMixer } from '../../../../mcu/control/mixer-protocol.ts';
import { openLegOn } from '../../../../mcu/control/open-leg.ts';
import { gatewayContract, nodeContract, nodeOptions } from '../../../../mcu/control/protocol.ts';
import type { NodeChannel } from '../../../../mcu/control/way.ts';
import { makeIdentity, writeIdentity } from '../../../../mcu/dtls/identity.ts';
import { MediaNode } from '../../../../mcu/node.ts';
import type { Engine, LinkFactory } from '../../../../mcu/ports.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { until } from '../../../support/until.ts';

const engine: Engine = {
  kind: 'embedded',
  pictures: null,
  openMember: () => {
    throw new Error('no member is opened here');
  },
  playToRoom: () => undefined,
  status: () => ({ state: 'up', pid: 1, restarts: 0, hangs: 0 }),
  onStatus: null,
  close: () => Promise.resolve(),
};
const links: LinkFactory = {
  kind: 'none',
  publish: () => Promise.reject(new Error('no link')),
  subscribe: () => Promise.reject(new Error('no link')),
};

/** Two ends; what is sent to the node waits while `held`. */
function wire() {
  const ends: Record<'gateway' | 'node', (message: unknown) => void> = {
    gateway: () => undefined,
    node: () => undefined,
  };
  const state = { held: false, waiting: [] as unknown[] };
  const port = (own: 'gateway' | 'node', send: (message: unknown) => void): Port => ({
    send,
    onMessage: (listener) => (ends[own] = listener),
    onClose: () => undefined,
  });
  const toNode = (message: unknown): void => {
    if (state.held) state.waiting.push(message);
    else ends.node(message);
  };
  return {
    gateway: port('gateway', toNode),
    node: port('node', (message) => ends.gateway(message)),
    hold: () => (state.held = true),
    release: () => {
      state.held = false;
      for (const message of state.waiting.splice(0)) ends.node(message);
    },
  };
}

let node: MediaNode;
let channel: NodeChannel;
let link: ReturnType<typeof wire>;
let legs = -1;

beforeEach(() => {
  link = wire();
  // One pair: a leg that is left behind shows at once.
  const options = nodeOptions.parse({
    id: 'node-1',
    host: '127.0.0.1',
    publicIp: '',
    rtpPortMin: 36_400,
    rtpPortMax: 36_401,
    promptFolder: '/',
    silenceSeconds: 30,
    dtls: writeIdentity(makeIdentity()),
    logLevel: 'silent',
  });
  let nowMs = 0;
  node = new MediaNode({
    options,
    engine,
    links,
    log: quietLog(),
    // Freed ports have served their quarantine by the next look.
    now: () => (nowMs += 60_000),
    gateway: { call: (...given) => nodeEnd.call(...given), tell: (...given) => nodeEnd.tell(...given) },
    mixer: deafToMixer,
    onUse: () => undefined,
  });
  const nodeEnd = new Channel(link.node, nodeContract, gatewayContract, node.serve());
  const nothing = (): void => undefined;
  channel = new Channel(link.gateway, gatewayContract, nodeContract, {
    calls: { access: () => Promise.reject(new Error('no access')) },
    events: {
      digit: nothing,
      silent: nothing,
      heard: nothing,
      stats: nothing,
      mutedByHost: nothing,
      cameraMutedByHost: nothing,
      link: nothing,
      keyFrameWanted: nothing,
      videoLimited: nothing,
      failed: nothing,
      played: nothing,
      peer: nothing,
      path: nothing,
      srtp: nothing,
      participants: nothing,
      status: (status) => (legs = status.legs),
      log: nothing,
      ...serveMixer(() => null),
    },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await node.close();
});

test('a leg whose opening took too long is closed when it is open after all', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  link.hold();
  const opening = openLegOn(channel, 'late');
  const failed = expect(opening).rejects.toMatchObject({ code: 'CONTROL_TIMEOUT' });
  vi.advanceTimersByTime(5000);
  await failed;
  vi.useRealTimers();
  link.release();
  const address = await until('its ports are free', () => openLegOn(channel, 'next').catch(() => null));
  expect(address.rtpPort).toBe(36_400);
  expect(legs).toBe(1);
  await expect(channel.call('legStats', { leg: 'late' })).rejects.toMatchObject({ code: 'LEG_UNKNOWN' });
});

test('a leg that is closed while its ports are being found is not opened', async () => {
  const opening = channel.call('openLeg', { leg: 'unwanted' });
  const refused = expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
  await channel.call('closeLeg', { leg: 'unwanted' });
  await refused;
  await expect(channel.call('legStats', { leg: 'unwanted' })).rejects.toMatchObject({ code: 'LEG_UNKNOWN' });
  expect((await openLegOn(channel, 'next')).rtpPort).toBe(36_400);
});
