import { once } from 'node:events';
import {
  DisconnectReason,
  JoinResponse,
  LeaveRequest,
  LeaveRequest_Action,
  ReconnectReason,
  ReconnectResponse,
  RoomUpdate,
  SignalRequest,
  SignalResponse,
} from '@livekit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { SignalConnection, signalUrl } from '../../../../mcu/link/signalling.ts';

const TOKEN = 'secret-token';
type Reply = NonNullable<ConstructorParameters<typeof SignalResponse>[0]>['message'];

/** An SFU's signalling, as far as these tests need one. */
class FakeSfu {
  readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  readonly heard: string[] = [];
  urls: string[] = [];
  authorizations: (string | undefined)[] = [];
  greeting: Reply[] = [];
  socket: WebSocket | null = null;

  async listen(): Promise<string> {
    this.server.on('connection', (socket, request) => {
      this.socket = socket;
      this.urls.push(request.url ?? '');
      this.authorizations.push(request.headers.authorization);
      socket.on('message', (data: Buffer) => {
        this.heard.push(SignalRequest.fromBinary(data).message.case ?? '');
      });
      for (const message of this.greeting) this.say(message);
    });
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  say(message: Reply): void {
    this.socket?.send(new SignalResponse({ message }).toBinary());
  }

  async close(): Promise<void> {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
    await once(this.server, 'close');
  }
}

const joined = (more: Partial<JoinResponse> = {}): Reply => ({
  case: 'join',
  value: new JoinResponse({ participant: { sid: 'PA_1' }, ...more }),
});

describe('signalling', () => {
  let sfu: FakeSfu;
  let url: string;
  const open: SignalConnection[] = [];
  const access = (): { url: string; token: string } => ({ url, token: TOKEN });
  const deadline = (ms = 5000): AbortSignal => AbortSignal.timeout(ms);

  beforeEach(async () => {
    sfu = new FakeSfu();
    url = await sfu.listen();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.terminate();
    await sfu.close();
  });

  const join = async (): Promise<SignalConnection> => {
    const { connection } = await SignalConnection.join(access(), deadline());
    open.push(connection);
    return connection;
  };

  it('speaks protocol 15, and carries the token in a header only', async () => {
    sfu.greeting = [joined()];
    await join();
    const asked = new URL(sfu.urls[0], url);
    expect(asked.pathname).toBe('/rtc');
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({ protocol: '15', auto_subscribe: '0' });
    expect(sfu.urls[0]).not.toContain(TOKEN);
    expect(sfu.authorizations).toEqual([`Bearer ${TOKEN}`]);
  });

  it('keeps the path of the SFU’s address, and its scheme’s security', () => {
    expect(signalUrl('https://sfu.example/lk/', null).href).toMatch(/^wss:\/\/sfu\.example\/lk\/rtc\?/);
    expect(signalUrl('ws://sfu.example:7880', null).href).toMatch(/^ws:\/\/sfu\.example:7880\/rtc\?/);
  });

  it('hands over, in order, what came before anybody listened', async () => {
    sfu.greeting = [
      joined(),
      { case: 'trackUnpublished', value: { trackSid: 'TR_1' } },
      { case: 'roomUpdate', value: new RoomUpdate() },
    ];
    const connection = await join();
    const cases: (string | undefined)[] = [];
    await new Promise<void>((resolve) => {
      connection.listen({
        onMessage: (message) => {
          cases.push(message.case);
          if (message.case === 'roomUpdate') resolve();
        },
        onLost: () => undefined,
      });
    });
    expect(cases).toEqual(['trackUnpublished', 'roomUpdate']);
  });

  it('resumes a session by its participant', async () => {
    sfu.greeting = [{ case: 'reconnect', value: new ReconnectResponse() }];
    const resume = { participantSid: 'PA_1', reason: ReconnectReason.RR_SIGNAL_DISCONNECTED };
    const ping = { pingInterval: 0, pingTimeout: 0 };
    open.push(await SignalConnection.resume(access(), resume, ping, deadline()));
    const query = new URL(sfu.urls[0], url).searchParams;
    expect([query.get('reconnect'), query.get('sid'), query.get('reconnect_reason')]).toEqual([
      '1',
      'PA_1',
      '1',
    ]);
  });

  it('is told when the SFU sends it away at the door', async () => {
    const reason = DisconnectReason.ROOM_DELETED;
    const value = new LeaveRequest({ action: LeaveRequest_Action.DISCONNECT, reason });
    sfu.greeting = [{ case: 'leave', value }];
    await expect(join()).rejects.toMatchObject({ code: 'LINK_ENDED', end: 'room-deleted', retryable: false });
  });

  it('gives up on an SFU that says nothing', async () => {
    const opening = SignalConnection.join(access(), deadline(50));
    await expect(opening).rejects.toMatchObject({ code: 'LINK_TIMEOUT', retryable: true });
  });

  it('says when nobody is there', async () => {
    await sfu.close();
    await expect(join()).rejects.toMatchObject({ code: 'LINK_UNREACHABLE', retryable: true });
    sfu = new FakeSfu();
    await sfu.listen();
  });

  it('notices that the SFU fell silent', async () => {
    sfu.greeting = [joined({ pingInterval: 1, pingTimeout: 2 })];
    const connection = await join();
    const cause = await new Promise<string>((resolve) => {
      connection.listen({ onMessage: () => undefined, onLost: resolve });
    });
    expect(cause).toBe('socket closed with 1006');
    expect(sfu.heard).toContain('pingReq');
  });

  it('lets garbage pass', async () => {
    sfu.greeting = [joined()];
    const connection = await join();
    const message = new Promise((resolve) => {
      connection.listen({ onMessage: resolve, onLost: resolve });
    });
    sfu.socket?.send('text');
    sfu.socket?.send(Buffer.from('ff00ff00ff', 'hex'));
    sfu.say({ case: 'refreshToken', value: 'newer' });
    expect(await message).toMatchObject({ case: 'refreshToken' });
  });

  it('has said goodbye when leaving is done', async () => {
    sfu.greeting = [joined()];
    const connection = await join();
    let lost = false;
    connection.listen({ onMessage: () => undefined, onLost: () => (lost = true) });
    await connection.leave();
    expect(sfu.heard).toEqual(['leave']);
    expect(lost).toBe(false);
    await connection.leave();
  });
});
