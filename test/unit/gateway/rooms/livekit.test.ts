import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { TokenVerifier, type VideoGrant } from 'livekit-server-sdk';
import { afterEach, describe, expect, test } from 'vitest';
import {
  CallerNotRegistered,
  createLiveKitRooms,
  type LiveKitRooms,
} from '../../../../gateway/rooms/livekit.ts';
import type { RoomAccess } from '../../../../gateway/ports.ts';
import { recordingLog } from '../../../fakes/admin.ts';

const apiKey = 'key';
const apiSecret = 'a-secret-that-is-long-enough-for-hs256';
const caller = {
  room: 'weekly',
  identity: 'sip_+15550100',
  name: 'Phone +15550100',
  attributes: { 'sip.callID': 'call-1' },
};

/** LiveKit's room service, as far as the gateway uses it: answers each method by a function. */
class FakeLiveKit {
  readonly asked: string[] = [];
  answer: (method: string) => { status: number; body: object } | Promise<never> = () => ({
    status: 200,
    body: {},
  });
  readonly #server: Server = createServer((request, response) => {
    const method = request.url?.split('/').at(-1) ?? '';
    this.asked.push(method);
    void Promise.resolve(this.answer(method)).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The participant as LiveKit describes it. */
const present = (callId: string | undefined): object => ({
  sid: 'PA_1',
  identity: caller.identity,
  attributes: callId === undefined ? {} : { 'sip.callID': callId },
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function open(instance = 'one'): Promise<{ rooms: LiveKitRooms; livekit: FakeLiveKit; url: string }> {
  const livekit = new FakeLiveKit();
  const url = await livekit.open();
  closers.push(() => livekit.close());
  const rooms = createLiveKitRooms({
    url,
    browserUrl: 'wss://rooms.example',
    apiKey,
    apiSecret,
    instance,
    embedded: { version: '1.13.5', pid: () => 42 },
    log: recordingLog(),
  });
  closers.push(() => rooms.close());
  return { rooms, livekit, url };
}

interface Claims {
  readonly sub: string;
  readonly exp: number;
  readonly name?: string;
  readonly kind?: string;
  readonly video: VideoGrant;
  readonly attributes?: Record<string, string>;
}

async function claims({ token }: RoomAccess): Promise<Claims> {
  return (await new TokenVerifier(apiKey, apiSecret).verify(token)) as unknown as Claims;
}

describe('LiveKit tokens', () => {
  test('a caller’s is of kind SIP, may only publish, and carries its attributes', async () => {
    const { rooms, url } = await open();
    rooms.register(caller);
    const access = await rooms.access('weekly', { identity: caller.identity }, 'media-1');
    expect(access.url).toBe(url);
    expect(await claims(access)).toMatchObject({
      sub: caller.identity,
      name: caller.name,
      kind: 'sip',
      attributes: caller.attributes,
      video: { room: 'weekly', roomJoin: true, canPublish: true, canSubscribe: false, canPublishData: false },
    });
  });

  test('a watcher’s is hidden, may only subscribe, and is another one on each node and gateway', async () => {
    const { rooms } = await open();
    const first = await claims(await rooms.access('weekly', 'watcher', 'media-1'));
    const second = await claims(await rooms.access('weekly', 'watcher', 'media-2'));
    expect(first.video).toMatchObject({ hidden: true, canPublish: false, canSubscribe: true });
    expect(first.sub).not.toBe(second.sub);
    const other = await open('two');
    expect((await claims(await other.rooms.access('weekly', 'watcher', 'media-1'))).sub).not.toBe(first.sub);
    const again = await open();
    expect((await claims(await again.rooms.access('weekly', 'watcher', 'media-1'))).sub).toBe(first.sub);
  });

  test('a person’s names the address for browsers and the role', async () => {
    const { rooms } = await open();
    const access = await rooms.personAccess('weekly', 'web_1', 'Ann', 'host');
    expect(access.url).toBe('wss://rooms.example');
    expect(await claims(access)).toMatchObject({ name: 'Ann', attributes: { 'gateway.role': 'host' } });
  });

  test('all of them end within ten minutes', async () => {
    const { rooms } = await open();
    rooms.register(caller);
    const all = await Promise.all([
      rooms.access('weekly', { identity: caller.identity }, 'media-1'),
      rooms.access('weekly', 'watcher', 'media-1'),
      rooms.personAccess('weekly', 'web_1', 'Ann', 'guest'),
    ]);
    for (const access of all) {
      expect((await claims(access)).exp).toBeLessThanOrEqual(Date.now() / 1000 + 601);
    }
  });

  test('nobody gets one for a caller that is not registered in that room', async () => {
    const { rooms } = await open();
    rooms.register(caller);
    await expect(rooms.access('other', { identity: caller.identity }, 'media-1')).rejects.toThrow(
      CallerNotRegistered,
    );
    await rooms.forget('weekly', caller.identity);
    await expect(rooms.access('weekly', { identity: caller.identity }, 'media-1')).rejects.toThrow(
      CallerNotRegistered,
    );
  });
});

describe('forgetting a caller', () => {
  test('keeps the identity taken until the server has let go of it', async () => {
    const { rooms, livekit } = await open();
    rooms.register(caller);
    let during: boolean | null = null;
    livekit.answer = (method) => {
      if (method === 'RemoveParticipant') during = rooms.isTaken('weekly', caller.identity);
      return { status: 200, body: method === 'GetParticipant' ? present('call-1') : {} };
    };
    await rooms.forget('weekly', caller.identity);
    expect(during).toBe(true);
    expect(rooms.isTaken('weekly', caller.identity)).toBe(false);
  });

  test('leaves alone who has its identity now: a caller of another gateway, or a person', async () => {
    for (const callId of ['call-2', undefined]) {
      const { rooms, livekit } = await open();
      rooms.register(caller);
      livekit.answer = () => ({ status: 200, body: present(callId) });
      await rooms.forget('weekly', caller.identity);
      expect(livekit.asked).toContain('GetParticipant');
      expect(livekit.asked).not.toContain('RemoveParticipant');
      expect(rooms.isTaken('weekly', caller.identity)).toBe(false);
    }
  });

  test('removes the call’s participant whatever SID a rejoin gave it', async () => {
    const { rooms, livekit } = await open();
    rooms.register(caller);
    livekit.answer = () => ({ status: 200, body: { ...present('call-1'), sid: 'PA_rejoined' } });
    await rooms.forget('weekly', caller.identity);
    expect(livekit.asked).toContain('RemoveParticipant');
  });

  test('is fine when the participant is gone already, or the server is, or nobody was registered', async () => {
    const { rooms, livekit } = await open();
    for (const status of [404, 500]) {
      rooms.register(caller);
      livekit.answer = () => ({ status, body: { code: status === 404 ? 'not_found' : 'internal', msg: '' } });
      await rooms.forget('weekly', caller.identity);
      expect(rooms.isTaken('weekly', caller.identity)).toBe(false);
    }
    await rooms.forget('weekly', caller.identity);
    expect(livekit.asked.filter((method) => method === 'GetParticipant')).toHaveLength(2);
  });
});

describe('health', () => {
  test('follows the server, and says what to check when it is down', async () => {
    const { rooms, livekit } = await open();
    expect(rooms.status().state).toBe('starting');
    expect(await rooms.check()).toMatchObject({ state: 'up', embedded: true, version: '1.13.5', pid: 42 });
    livekit.answer = () => ({ status: 401, body: { code: 'unauthenticated', msg: 'bad key' } });
    const down = await rooms.check();
    expect(down.state).toBe('down');
    expect(down.detail).toContain('LIVEKIT_URL');
    expect(rooms.status()).toEqual(down);
  });
});
