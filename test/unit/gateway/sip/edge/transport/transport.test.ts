import { createSocket, Socket as UdpSocket } from 'node:dgram';
import type { RemoteInfo } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { newRequest, responseTo } from '../../../../../../gateway/sip/edge/message/build.ts';
import { serialize } from '../../../../../../gateway/sip/edge/message/serialize.ts';
import type { SipRequest } from '../../../../../../gateway/sip/edge/message/types.ts';
import { configSchema } from '../../../../../../gateway/config/schema.ts';
import { defaultTuning, openTransport } from '../../../../../../gateway/sip/edge/transport/open.ts';
import { responseDestination, viaFor } from '../../../../../../gateway/sip/edge/transport/routing.ts';
import type {
  Peer,
  TransportName,
  TransportTuning,
} from '../../../../../../gateway/sip/edge/transport/types.ts';
import { SipEnd, TcpClient } from '../../../../../support/sip-end.ts';
import { wire } from '../../../../../support/sip.ts';

const closers: (() => unknown)[] = [];

async function end(tuning?: Partial<TransportTuning>, address?: string): Promise<SipEnd> {
  const opened = await SipEnd.open(tuning, address);
  closers.push(() => opened.close());
  return opened;
}

async function client(of: SipEnd): Promise<TcpClient> {
  const opened = await TcpClient.connect(of.port);
  closers.push(() => opened.socket.destroy());
  return opened;
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function request(from: SipEnd, transport: TransportName = 'udp', body = ''): SipRequest {
  const address = from.transport.local[0]?.address ?? '';
  return newRequest(
    'MESSAGE',
    'sip:b@g.example',
    [
      ['Via', viaFor({ address, port: from.port }, transport, 'z9hG4bKt')],
      ['From', '<sip:a@g.example>;tag=1'],
      ['To', '<sip:b@g.example>'],
      ['Call-ID', 'c'],
      ['CSeq', '1 MESSAGE'],
    ],
    body,
  );
}

/** A UDP port on which nobody listens any more. */
async function deadPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const text = `MESSAGE sip:g SIP/2.0
Via: SIP/2.0/TCP h.example:5070;branch=z
From: <sip:a@x>;tag=1
To: <sip:b@x>
Call-ID: 1
CSeq: 1 MESSAGE
`;

describe('UDP', () => {
  test('a request and its response, on one number for both transports', async () => {
    const [a, b] = [await end(), await end()];
    expect(a.transport.local.map(({ port }) => port)).toEqual([a.port, a.port]);
    await a.transport.send(request(a), b.peer('udp'));
    const arrival = await b.messages.next();
    expect(arrival).toMatchObject({ from: a.peer('udp'), on: { transport: 'udp', port: b.port } });
    expect(arrival.message.headers.get('Via')).toContain(`rport=${a.port};received=127.0.0.1`);
    const answer = responseTo(arrival.message as SipRequest, 200, undefined, 't');
    await b.transport.send(answer, responseDestination(answer, arrival.from));
    expect((await a.messages.next()).message).toMatchObject({ kind: 'response', status: 200 });
  });

  test('IPv6', async () => {
    const [a, b] = [await end({}, '::1'), await end({}, '::1')];
    await a.transport.send(request(a), b.peer('udp'));
    expect((await b.messages.next()).from).toEqual(a.peer('udp'));
  });

  test('a dual-stack socket shows and reaches IPv4 peers as what they are', async () => {
    const [a, b] = [await end({}, '::'), await end()];
    await b.transport.send(request(b), { ...a.peer('udp'), address: '127.0.0.1' });
    expect((await a.messages.next()).from).toEqual(b.peer('udp'));
    await a.transport.send(request(a), b.peer('udp'));
    expect((await b.messages.next()).from.address).toBe('127.0.0.1');
  });

  test('a refused port is told at once', async () => {
    const a = await end();
    const peer: Peer = { transport: 'udp', address: '127.0.0.1', port: await deadPort() };
    await a.transport.send(request(a), peer);
    expect(await a.peerErrors.next()).toMatchObject({ peer, error: { code: 'TRANSPORT_REFUSED' } });
    expect(a.transport.counters.peerErrors).toBe(1);
  });

  test('who was sent a request is still heard, as is everybody else', async () => {
    const [a, b, c] = [await end(), await end(), await end()];
    await a.transport.send(request(a), b.peer('udp'));
    await b.transport.send(request(b), a.peer('udp'));
    await c.transport.send(request(c), a.peer('udp'));
    const ports = [(await a.messages.next()).from.port, (await a.messages.next()).from.port];
    expect(ports.sort()).toEqual([b.port, c.port].sort());
  });

  test('faults that can be answered are handed on, the rest is counted', async () => {
    const a = await end();
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    for (const datagram of [
      '\r\n\r\n',
      '\0\0\0\0',
      '',
      'garbage',
      'SIP/2.0 999 x\r\n\r\n',
      wire(`${text}broken\n\n`),
    ]) {
      socket.send(datagram, a.port, '127.0.0.1');
    }
    const { error, from } = await a.invalid.next();
    expect(error.status).toBe(400);
    expect(error.partial?.headers.get('Via')).toContain('received=127.0.0.1');
    expect(from.port).toBe(socket.address().port);
    expect(a.transport.counters).toMatchObject({ keepAlives: 3, garbage: 2, invalid: 1, received: 0 });
  });

  test('what comes from port 0, where no answer can go, is counted and dropped', async () => {
    const a = await end();
    const socket = createSocket('udp4');
    closers.push(() => socket.close());
    // The kernel hands such datagrams on, but a plain socket can't send one: what comes is made to look so.
    const heard = vi.spyOn(UdpSocket.prototype, 'emit').mockImplementation(function (
      this: UdpSocket,
      ...[event, ...facts]: unknown[]
    ) {
      if (event === 'message') (facts[1] as RemoteInfo).port = 0;
      return EventEmitter.prototype.emit.call(this, event as string, ...facts);
    });
    closers.push(() => heard.mockRestore());
    const bindingRequest = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');
    for (const datagram of [bindingRequest, wire(`${text}l: 0\n\n`)])
      socket.send(datagram, a.port, '127.0.0.1');
    await vi.waitFor(() => expect(a.transport.counters.garbage).toBe(2));
    expect(a.transport.counters).toMatchObject({ stunAnswered: 0, received: 0 });
  });

  test('a datagram beyond what UDP carries', async () => {
    const [a, b] = [await end(), await end()];
    const huge = responseTo(request(a), 200);
    huge.body = Buffer.alloc(70_000);
    await expect(a.transport.send(huge, b.peer('udp'))).rejects.toMatchObject({
      code: 'TRANSPORT_TOO_LARGE',
    });
  });
});

describe('requests above the MTU (RFC 3261 §18.1.1)', () => {
  test('go by TCP, and say so in Via', async () => {
    const [a, b] = [await end(), await end()];
    const used = await a.transport.send(request(a, 'udp', 'x'.repeat(1_400)), b.peer('udp'));
    expect(used).toMatchObject({ transport: 'tcp', port: b.port });
    const { message, on } = await b.messages.next();
    expect([on.transport, message.headers.get('Via')?.slice(0, 11)]).toEqual(['tcp', 'SIP/2.0/TCP']);
    expect(a.transport.counters.switchedToTcp).toBe(1);
  });

  test('go by UDP when the peer has no TCP, next time at once', async () => {
    const a = await end();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    closers.push(() => socket.close());
    await once(socket, 'listening');
    const peer: Peer = { transport: 'udp', address: '127.0.0.1', port: socket.address().port };
    for (let round = 1; round <= 2; round += 1) {
      const arrived = once(socket, 'message') as Promise<[Buffer]>;
      expect(await a.transport.send(request(a, 'udp', 'x'.repeat(1_400)), peer)).toEqual(peer);
      expect((await arrived)[0].toString()).toContain('Via: SIP/2.0/UDP');
    }
    expect(a.transport.counters).toMatchObject({ fellBackToUdp: 2, switchedToTcp: 0 });
  });

  test('large responses stay with UDP', async () => {
    const [a, b] = [await end(), await end()];
    const answer = responseTo(request(a), 200);
    answer.body = Buffer.alloc(1_400, 'x');
    expect(await a.transport.send(answer, b.peer('udp'))).toEqual(b.peer('udp'));
    expect((await b.messages.next()).message.body).toHaveLength(1_400);
  });
});

describe('TCP', () => {
  test('one connection for all requests and responses, both ways', async () => {
    const [a, b] = [await end(), await end()];
    const [first, second] = await Promise.all([
      a.transport.send(request(a, 'tcp'), b.peer('tcp')),
      a.transport.send(request(a, 'tcp'), b.peer('tcp')),
    ]);
    expect(first.connection).toBe(second.connection);
    const { message, from } = await b.messages.next();
    const answer = responseTo(message as SipRequest, 200);
    await b.transport.send(answer, responseDestination(answer, from));
    expect((await a.messages.next()).from).toEqual(first);
    expect([a.transport.counters.connections, b.transport.counters.connections]).toEqual([1, 1]);
  });

  test('a response finds its way when the connection is gone (RFC 3261 §18.2.2)', async () => {
    const [a, b] = [await end(), await end()];
    await a.transport.send(request(a, 'tcp'), b.peer('tcp'));
    const { message, from } = await b.messages.next();
    const answer = responseTo(message as SipRequest, 200);
    const destination = { ...responseDestination(answer, from), connection: 'tcp-gone' };
    expect(destination.port).toBe(a.port);
    await b.transport.send(answer, destination);
    expect((await a.messages.next()).message.kind).toBe('response');
  });

  test('a refused connection', async () => {
    const a = await end();
    const peer: Peer = { transport: 'tcp', address: '127.0.0.1', port: await deadPort() };
    await expect(a.transport.send(request(a, 'tcp'), peer)).rejects.toMatchObject({
      code: 'TRANSPORT_REFUSED',
      peer,
    });
    expect(a.transport.counters.sendErrors).toBe(1);
  });

  test('a lost connection is told to those who wait for its peer', async () => {
    const b = await end();
    const phone = await client(b);
    phone.write(wire(`${text}l: 0\n\n`));
    const { from } = await b.messages.next();
    phone.socket.resetAndDestroy();
    expect(await b.peerErrors.next()).toMatchObject({ peer: from });
    expect(b.transport.counters.connections).toBe(0);
  });

  test('a ping gets its pong', async () => {
    const b = await end();
    const phone = await client(b);
    phone.write('\r\n\r\n');
    expect(await phone.chunks.next()).toBe('\r\n');
    expect(b.transport.counters.keepAlives).toBe(1);
  });

  test('without Content-Length: answered, then closed', async () => {
    const b = await end();
    const phone = await client(b);
    phone.write(wire(`${text}\n`));
    const { error, from } = await b.invalid.next();
    expect(error).toMatchObject({ code: 'SIP_CONTENT_LENGTH', status: 400 });
    expect(from.connection).toBeDefined();
    await phone.closed;
  });

  test('the answer to what ends a connection still gets out', async () => {
    const answered = await openTransport({
      address: '127.0.0.1',
      port: 0,
      onMessage: () => undefined,
      onPeerError: () => undefined,
      onInvalid: (error, from) => {
        if (error.partial === undefined) return;
        const answer = responseTo(error.partial, error.status);
        void answered.send(answer, responseDestination(answer, from));
      },
    });
    closers.push(() => answered.close());
    const phone = await TcpClient.connect(answered.local[0]?.port ?? 0);
    phone.write(wire(`${text}\n`));
    expect(await phone.chunks.next()).toContain('SIP/2.0 400 Bad Request');
    await phone.closed;
  });

  test('a message that does not end in time closes its connection, however it trickles', async () => {
    const b = await end({ partialMs: 150 });
    const phone = await client(b);
    phone.write('MESSAGE ');
    const trickle = setInterval(() => phone.write('x'), 20);
    closers.push(() => clearInterval(trickle));
    await phone.closed;
    expect(b.transport.counters.connectionsStalled).toBe(1);
  });

  test('a stream that is always in the middle of a message goes on as long as messages come', async () => {
    const b = await end({ partialMs: 150 });
    const phone = await client(b);
    const bytes = wire(`${text}l: 0\n\n`);
    // Each segment ends the message before and begins the next.
    phone.write(bytes.subarray(0, 20));
    for (const from = performance.now(); performance.now() - from < 400;) {
      phone.write(Buffer.concat([bytes.subarray(20), bytes.subarray(0, 20)]));
      await b.messages.next();
    }
    expect(b.transport.counters.connectionsStalled).toBe(0);
  });

  test('a connection that never says anything is closed', async () => {
    const b = await end({ silentMs: 100 });
    const phone = await client(b);
    await phone.closed;
    expect(b.transport.counters.connectionsIdle).toBe(1);
  });

  test('one that did may be silent for longer, but not forever', async () => {
    const b = await end({ silentMs: 100, idleMs: 400 });
    const phone = await client(b);
    phone.write(wire(`${text}l: 0\n\n`));
    await b.messages.next();
    const from = performance.now();
    await phone.closed;
    expect(performance.now() - from).toBeGreaterThan(300);
    expect(b.transport.counters.connectionsIdle).toBe(1);
  });

  test('so is one whose peer reads nothing of what was sent', async () => {
    const deaf = createServer((socket) => socket.pause().on('error', () => undefined));
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    closers.push(() => deaf.close());
    const a = await end({ silentMs: 300, maxSendBacklogBytes: 64_000_000 });
    const peer: Peer = { transport: 'tcp', address: '127.0.0.1', port: (deaf.address() as AddressInfo).port };
    // More than the two kernels' buffers hold.
    const sending = a.transport.send(Buffer.alloc(48_000_000, 'x'), peer).catch((error: unknown) => error);
    expect((await a.peerErrors.next()).error.code).toBe('TRANSPORT_TIMEOUT');
    await sending;
    expect(a.transport.counters).toMatchObject({ connectionsIdle: 1, connections: 0 });
  });

  test('a call is not outlived by its connection', () => {
    const longestCallMs = configSchema.parse({}).calls.maxDurationMinutes * 60_000;
    expect(defaultTuning.idleMs).toBeGreaterThanOrEqual(longestCallMs + 86_400_000);
  });

  test('connections beyond the limits are refused', async () => {
    const b = await end({ maxConnectionsPerAddress: 1 });
    const first = await client(b);
    first.write('\r\n\r\n');
    await first.chunks.next();
    const second = await client(b);
    await second.closed;
    expect(b.transport.counters).toMatchObject({ connections: 1, connectionsRefused: 1 });
  });

  test('a peer that does not read is given up', async () => {
    const deaf = createServer((socket) => socket.pause().on('error', () => undefined));
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    closers.push(() => deaf.close());
    const a = await end({ maxSendBacklogBytes: 100_000 });
    const peer: Peer = { transport: 'tcp', address: '127.0.0.1', port: (deaf.address() as AddressInfo).port };
    const bytes = serialize(request(a, 'tcp', 'x'.repeat(50_000)));
    const sends: Promise<unknown>[] = [];
    for (let count = 0; count < 500 && a.transport.counters.connectionsOverloaded === 0; count += 1) {
      sends.push(a.transport.send(bytes, peer).catch((error: unknown) => error));
      await vi.waitFor(() =>
        expect(a.transport.counters.connections + a.transport.counters.connectionsOverloaded).toBeGreaterThan(
          0,
        ),
      );
    }
    await Promise.all(sends);
    expect(a.transport.counters.connectionsOverloaded).toBe(1);
    expect((await a.peerErrors.next()).error.code).toBe('TRANSPORT_OVERLOADED');
  });
});

describe('opening and closing', () => {
  test('a used port is named', async () => {
    const handlers = { onMessage: () => undefined, onInvalid: () => undefined, onPeerError: () => undefined };
    const taken = await end();
    const opening = openTransport({ address: '127.0.0.1', port: taken.port, ...handlers });
    await expect(opening).rejects.toMatchObject({
      code: 'TRANSPORT_PORT_IN_USE',
      message: `127.0.0.1 port ${taken.port} is in use`,
    });
  });

  test('a port that only UDP uses is used too', async () => {
    const handlers = { onMessage: () => undefined, onInvalid: () => undefined, onPeerError: () => undefined };
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    closers.push(() => socket.close());
    await once(socket, 'listening');
    const opening = openTransport({ address: '127.0.0.1', port: socket.address().port, ...handlers });
    await expect(opening).rejects.toMatchObject({ code: 'TRANSPORT_PORT_IN_USE' });
  });

  test('closing twice is closing; afterwards nothing is sent', async () => {
    const [a, b] = [await end(), await end()];
    await a.transport.send(request(a, 'tcp'), b.peer('tcp'));
    await a.transport.send(request(a), b.peer('udp'));
    await Promise.all([a.close(), a.close()]);
    expect(a.transport.counters.connections).toBe(0);
    await expect(a.transport.send(request(a), b.peer('udp'))).rejects.toMatchObject({
      code: 'TRANSPORT_CLOSED',
    });
    await expect(a.transport.send(request(a), b.peer('tcp'))).rejects.toMatchObject({
      code: 'TRANSPORT_CLOSED',
    });
  });
});
