import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureVersion, TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { closeOf } from '../../gateway/sip/edge/transport/closing.ts';
import { WatchedCertificates } from '../../gateway/sip/edge/transport/certificates.ts';
import type { TransportTuning } from '../../gateway/sip/edge/transport/types.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { SipEnd } from '../support/sip-end.ts';
import { wire } from '../support/sip.ts';
import { until } from '../support/until.ts';

const authority = new TestAuthority();
let files: CertificateFiles;
let certificates: WatchedCertificates;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  files = new CertificateFiles(authority.issue({ addresses: ['127.0.0.1'] }), authority);
  certificates = new WatchedCertificates(files.files);
});
afterAll(() => {
  certificates.close();
  files.remove();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function everything(tuning: Partial<TransportTuning> = {}): Promise<SipEnd> {
  const end = await SipEnd.open(tuning, '127.0.0.1', {
    certificates,
    tls: { port: 0, clients: 'off' },
    ws: { port: 0, origins: [] },
    wss: { port: 0, origins: [] },
  });
  closers.push(() => end.close());
  return end;
}

/** A bare connection; TLS ones have shaken hands. */
async function raw(end: SipEnd, kind: 'tcp' | 'tls' | 'ws'): Promise<Socket> {
  const place = { host: '127.0.0.1', port: end.portOf(kind) };
  const socket = kind === 'tls' ? connectTls({ ...place, ca: authority.cert }) : connect(place);
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, kind === 'tls' ? 'secureConnect' : 'connect');
  return socket;
}

/** By this version of TLS and no other. */
function hello(end: SipEnd, kind: 'tls' | 'wss', version: SecureVersion): TLSSocket {
  const versions = { minVersion: version, maxVersion: version };
  // OpenSSL offers TLS 1.1 only to who asks for old ciphers too.
  const old = { ciphers: 'DEFAULT@SECLEVEL=0' };
  const socket = connectTls({
    ...{ host: '127.0.0.1', port: end.portOf(kind), ca: authority.cert },
    ...versions,
    ...old,
  });
  closers.push(() => socket.destroy());
  return socket;
}

async function webSocket(end: SipEnd, kind: 'ws' | 'wss' = 'ws'): Promise<WebSocket> {
  const socket = new WebSocket(`${kind}://127.0.0.1:${end.portOf(kind)}`, 'sip', { ca: authority.cert });
  closers.push(() => socket.terminate());
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return socket;
}

const message = (body: string, via = 'TCP', more = ''): Buffer =>
  wire(`MESSAGE sip:g SIP/2.0
Via: SIP/2.0/${via} h.example;branch=z9hG4bKx
From: <sip:a@x>;tag=1
To: <sip:b@x>
Call-ID: 1
CSeq: 1 MESSAGE
${more}Content-Length: ${Buffer.byteLength(body)}

${body}`);

const drained = (end: SipEnd): Promise<true> =>
  until('no connection is left', () => end.transport.counters.connections === 0);

describe('handshakes', () => {
  it.each(['tls', 'wss'] as const)('%s: a peer that never says hello is cut off', async (kind) => {
    const end = await everything({ handshakeMs: 150 });
    const socket = connect(end.portOf(kind), '127.0.0.1');
    socket.on('error', () => undefined);
    await closeOf(socket);
    expect(end.transport.counters).toMatchObject({ handshakesStalled: 1, connections: 0 });
  });

  it('tls: half a hello, then nothing', async () => {
    const end = await everything({ handshakeMs: 150 });
    const socket = connect(end.portOf('tls'), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.from('16030102000100', 'hex'));
    await closeOf(socket);
    expect(end.transport.counters.handshakesStalled).toBe(1);
  });

  it.each(['tls', 'wss'] as const)('%s: SIP without TLS is a counted failure', async (kind) => {
    const end = await everything();
    const socket = connect(end.portOf(kind), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(message('x'));
    await closeOf(socket);
    expect(end.transport.counters).toMatchObject({ handshakesFailed: 1, connections: 0, received: 0 });
  });

  it.each([
    ['tls', 'TLSv1.2'],
    ['tls', 'TLSv1.3'],
    ['wss', 'TLSv1.2'],
    ['wss', 'TLSv1.3'],
  ] as const)('%s takes %s', async (kind, version) => {
    const end = await everything();
    const socket = hello(end, kind, version);
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe(version);
  });

  it.each(['tls', 'wss'] as const)('%s refuses TLS 1.1 (RFC 8996 §5)', async (kind) => {
    const end = await everything();
    const [error] = (await once(hello(end, kind, 'TLSv1.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    await until('it is counted', () => end.transport.counters.handshakesFailed === 1);
  });

  it('a certificate’s reloads are no longer heard of when all is closed', async () => {
    const own = new CertificateFiles(authority.issue({}), authority);
    closers.push(() => own.remove());
    const source = new WatchedCertificates(own.files);
    closers.push(() => source.close());
    const options = {
      certificates: source,
      tls: { port: 0, clients: 'off' },
      wss: { port: 0, origins: [] },
    } as const;
    const [closed, open] = [
      await SipEnd.open({}, '127.0.0.1', options),
      await SipEnd.open({}, '127.0.0.1', options),
    ];
    closers.push(() => open.close());
    await closed.close();
    own.write(authority.issue({}));
    source.reload();
    expect(open.transport.counters.certificatesReloaded).toBe(1);
    expect(closed.transport.counters.certificatesReloaded).toBe(0);
  });

  it('ws: a request that trickles is cut off', async () => {
    const end = await everything({ handshakeMs: 200 });
    const socket = await raw(end, 'ws');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    const trickle = setInterval(() => socket.write('X-A: b\r\n'), 50);
    closers.push(() => clearInterval(trickle));
    await closeOf(socket);
    expect(end.transport.counters.handshakesStalled).toBe(1);
  });

  it.each([
    ['no sub-protocol', {}, 400, 'sub-protocol sip', 'handshakesFailed'],
    [
      'another sub-protocol',
      { 'Sec-WebSocket-Protocol': 'mqtt' },
      400,
      'sub-protocol sip',
      'handshakesFailed',
    ],
    [
      'a page of elsewhere',
      { 'Sec-WebSocket-Protocol': 'sip', Origin: 'https://evil.example' },
      403,
      'list it in sip.origins\n',
      'originsRefused',
    ],
    [
      'headers without end',
      { 'Sec-WebSocket-Protocol': 'sip', 'X-Long': 'x'.repeat(20_000) },
      400,
      'no HTTP request that can be understood',
      'handshakesFailed',
    ],
  ] as const)('ws: %s is refused in words', async (_what, headers, status, words, counter) => {
    const end = await everything();
    const socket = await raw(end, 'ws');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${lines.join('')}\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toString()).toContain(words);
    await closeOf(socket);
    expect(end.transport.counters[counter]).toBe(1);
  });

  it('all transports count as one against a source', async () => {
    const end = await everything({ maxConnectionsPerAddress: 3 });
    await raw(end, 'tls');
    await webSocket(end);
    // One that still shakes hands counts too.
    const silent = connect(end.portOf('tls'), '127.0.0.1');
    closers.push(() => silent.destroy());
    await once(silent, 'connect');
    for (const kind of ['tcp', 'tls', 'ws', 'wss'] as const) {
      const socket = connect(end.portOf(kind), '127.0.0.1');
      socket.on('error', () => undefined);
      await closeOf(socket);
    }
    expect(end.transport.counters.connectionsRefused).toBe(4);
  });
});

describe('streams', () => {
  it.each(['tcp', 'tls'] as const)('%s: messages are the same however the stream is cut', async (kind) => {
    const end = await everything();
    const bodies = fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 4 });
    const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bodies, cuts, fc.boolean(), async (texts, sizes, pings) => {
        const socket = await raw(end, kind);
        const stream = Buffer.concat(
          texts.flatMap((text) => [message(text), Buffer.from(pings ? '\r\n\r\n' : '')]),
        );
        let at = 0;
        for (const size of sizes) {
          socket.write(stream.subarray(at, (at += size)));
          await new Promise((resolve) => setImmediate(resolve));
        }
        socket.write(stream.subarray(at));
        for (const text of texts) expect((await end.messages.next()).message.body.toString()).toBe(text);
        socket.destroy();
      }),
      { numRuns: 25 },
    );
    await drained(end);
    expect(end.transport.counters).toMatchObject({ invalid: 0, garbage: 0 });
  });

  it.each(['tcp', 'tls'] as const)('%s: a body that does not come is given up', async (kind) => {
    const end = await everything({ partialMs: 150 });
    const socket = await raw(end, kind);
    socket.write(message('x'.repeat(5_000)).subarray(0, 600));
    const trickle = setInterval(() => socket.write('x'), 30);
    closers.push(() => clearInterval(trickle));
    await closeOf(socket);
    expect(end.transport.counters).toMatchObject({ connectionsStalled: 1, received: 0 });
  });

  it.each(['tcp', 'tls'] as const)(
    '%s: a megabyte of header is answered by 513 and not kept',
    async (kind) => {
      const end = await everything();
      const socket = await raw(end, kind);
      const before = process.memoryUsage().arrayBuffers;
      socket.write(message('', 'TCP', `X-Long: ${'x'.repeat(1_048_576)}\n`));
      expect((await end.invalid.next()).error).toMatchObject({ code: 'SIP_TOO_LARGE', status: 513 });
      await closeOf(socket);
      await drained(end);
      // Ours and the sender's own copies of what was written.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000);
    },
  );

  it('tls: a record that somebody else wrote ends the connection, and it is told', async () => {
    const end = await everything();
    const far = connect(end.portOf('tls'), '127.0.0.1');
    const relay = createServer((near) =>
      near
        .on('error', () => undefined)
        .pipe(far)
        .pipe(near),
    );
    closers.push(() => relay.close());
    await once(relay.listen(0, '127.0.0.1'), 'listening');
    const { port } = relay.address() as AddressInfo;
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority.cert });
    closers.push(() => socket.destroy());
    for (const one of [socket, far]) one.on('error', () => undefined);
    await once(socket, 'secureConnect');
    await until('it is there', () => end.transport.counters.connections === 1);
    far.write(Buffer.from(`1703030020${'ab'.repeat(32)}`, 'hex'));
    await drained(end);
    expect((await end.peerErrors.next()).peer.transport).toBe('tls');
  });
});

describe('WebSocket', () => {
  it.each(['ws', 'wss'] as const)(
    '%s: a message a frame, text or binary, and CRLF for CRLF CRLF',
    async (kind) => {
      const end = await everything();
      const socket = await webSocket(end, kind);
      socket.send(message('text', kind).toString());
      socket.send(message('binary', kind), { binary: true });
      // RFC 7118 §5.2.1: frames have an end of their own.
      socket.send(
        message('', kind)
          .toString()
          .replace(/Content-Length.*\r\n/, ''),
      );
      for (const body of ['text', 'binary', ''])
        expect((await end.messages.next()).message.body.toString()).toBe(body);
      socket.send('\r\n\r\n');
      const [pong] = (await once(socket, 'message')) as [Buffer];
      expect(pong.toString()).toBe('\r\n');
      expect(end.transport.counters.keepAlives).toBe(1);
    },
  );

  it('messages in pieces are one', async () => {
    const end = await everything();
    const socket = await webSocket(end);
    const text = message('in pieces', 'WS').toString();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length - 1 }), async (cut) => {
        socket.send(text.slice(0, cut), { fin: false });
        socket.send(text.slice(cut), { fin: true });
        expect((await end.messages.next()).message.body.toString()).toBe('in pieces');
      }),
      { numRuns: 20 },
    );
  });

  it('garbage is counted, and a request with a fault can be answered', async () => {
    const end = await everything();
    const socket = await webSocket(end);
    socket.send('nothing at all');
    socket.send(message('', 'WS', 'broken\n'));
    expect((await end.invalid.next()).error.status).toBe(400);
    expect(end.transport.counters).toMatchObject({ garbage: 1, invalid: 1, connections: 1 });
  });

  it('a flood is closed with 1008', async () => {
    const end = await everything({ maxMessageRate: 10, maxMessageBurst: 20 });
    const socket = await webSocket(end);
    const closed = once(socket, 'close') as Promise<[number]>;
    for (let count = 0; count < 100; count += 1) socket.send(message('', 'WS'));
    const [code] = await closed;
    expect(code).toBe(1008);
    expect(end.transport.counters).toMatchObject({ connectionsFlooded: 1, received: 20 });
    expect((await end.peerErrors.next()).error.code).toBe('TRANSPORT_OVERLOADED');
  });

  it('so is one of pings', async () => {
    const end = await everything({ maxMessageRate: 10, maxMessageBurst: 20 });
    const socket = await webSocket(end);
    for (let count = 0; count < 100; count += 1) socket.ping();
    await once(socket, 'close');
    expect(end.transport.counters.connectionsFlooded).toBe(1);
  });

  it('a megabyte is refused with 1009, before it is there', async () => {
    const end = await everything();
    const socket = await webSocket(end);
    socket.send(Buffer.alloc(1_048_576, 'x'));
    const [code] = (await once(socket, 'close')) as [number];
    expect([1006, 1009]).toContain(code);
    await drained(end);
    expect(end.transport.counters).toMatchObject({ received: 0, garbage: 1 });
  });

  it('a message whose end does not come is given up', async () => {
    const end = await everything({ partialMs: 150 });
    const socket = await webSocket(end);
    socket.send('MESSAGE sip:g', { fin: false });
    await once(socket, 'close');
    expect(end.transport.counters.connectionsStalled).toBe(1);
  });

  it.each(['ws', 'wss'] as const)('%s: who sends nothing but a ping has begun no message', async (kind) => {
    const end = await everything({ partialMs: 100 });
    const socket = await webSocket(end, kind);
    const answered = once(socket, 'pong');
    socket.ping();
    await answered;
    // One that did begin a message, later, and is given up.
    const other = await webSocket(end, kind);
    other.send('MESSAGE sip:g', { fin: false });
    await once(other, 'close');
    expect(end.transport.counters).toMatchObject({ connectionsStalled: 1, connections: 1 });
  });

  it('who never says anything is closed', async () => {
    const end = await everything({ silentMs: 100 });
    const socket = await webSocket(end);
    await once(socket, 'close');
    expect(end.transport.counters.connectionsIdle).toBe(1);
  });

  it('who has called stays for as long as pings are answered, however silent', async () => {
    const end = await everything({ silentMs: 100, idleMs: 100, pingMs: 50 });
    const socket = await webSocket(end);
    socket.send(message('', 'WS'));
    await end.messages.next();
    for (let count = 0; count < 8; count += 1) await once(socket, 'ping');
    expect(end.transport.counters).toMatchObject({ connectionsIdle: 0, connections: 1 });
  });

  it('a peer that answers no ping is gone', async () => {
    const end = await everything({ pingMs: 100 });
    const socket = new WebSocket(`ws://127.0.0.1:${end.portOf('ws')}`, 'sip', { autoPong: false });
    closers.push(() => socket.terminate());
    await once(socket, 'close');
    expect(end.transport.counters.connectionsDead).toBe(1);
  });

  it('one that does stays', async () => {
    const end = await everything({ pingMs: 50 });
    const socket = await webSocket(end);
    for (let count = 0; count < 5; count += 1) await once(socket, 'ping');
    expect(end.transport.counters).toMatchObject({ connectionsDead: 0, connections: 1 });
  });

  it('a peer that does not read is given up', async () => {
    const end = await everything({ maxSendBacklogBytes: 200_000 });
    const socket = await webSocket(end);
    socket.send(message('', 'WS'));
    const { from } = await end.messages.next();
    socket.pause();
    const bytes = Buffer.alloc(60_000, 'x');
    await until('it is given up', () => {
      end.transport.send(bytes, from).catch(() => undefined);
      return end.transport.counters.connectionsOverloaded > 0;
    });
    await drained(end);
  });

  it('to a socket that is gone nothing goes, nor is one opened (RFC 7118 §5)', async () => {
    const end = await everything();
    const socket = await webSocket(end);
    socket.send(message('', 'WS'));
    const { from } = await end.messages.next();
    socket.close();
    await drained(end);
    await expect(end.transport.send(message('', 'WS'), from)).rejects.toMatchObject({
      code: 'TRANSPORT_LOST',
    });
    expect(end.transport.canDial('ws')).toBe(false);
  });
});
