/** TLS handshakes with the edge, full and resumed; OpenSSL's own figures beside them. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { KeyKind } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import type { TlsFiles } from './edge-process.ts';
import { round } from './numbers.ts';
import { readProcess } from './processes.ts';

const run = promisify(execFile);

/** Handshakes that go on at the same time: enough that the server never waits for its clients. */
const parallel = 6;
const sessionMs = 2000;
const startMs = 10_000;
/** For OpenSSL's programs, which count whole seconds. */
const opensslSeconds = 2;

export interface HandshakeStage {
  readonly handshakes: number;
  readonly failed: number;
  readonly perSecond: number;
  /** Of the server's process, ms per handshake; its pace alone on a core is 1000 by this. */
  readonly cpuMs: number;
}

/** Connects as often as it can. `resumed`: with the session of an earlier connection (RFC 8446 §2.2). */
export async function handshakeStage(
  server: { readonly port: number; readonly ca: string; readonly pid: number },
  resumed: boolean,
  seconds: number,
): Promise<HandshakeStage> {
  const session = resumed ? await firstSession(server.port, server.ca) : undefined;
  const before = readProcess(server.pid).cpuSeconds;
  const beganMs = performance.now();
  const counts = { done: 0, failed: 0 };
  const client = async (): Promise<void> => {
    while (performance.now() - beganMs < seconds * 1000) {
      const fine = await oneHandshake(server.port, server.ca, session).catch(() => false);
      counts[fine ? 'done' : 'failed']++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));
  const tookMs = performance.now() - beganMs;
  const cpuSeconds = readProcess(server.pid).cpuSeconds - before;
  return {
    handshakes: counts.done,
    failed: counts.failed,
    perSecond: round((counts.done * 1000) / tookMs, 0),
    cpuMs: round((cpuSeconds * 1000) / Math.max(1, counts.done), 2),
  };
}

/** False: it came about, but not in the way that is measured. */
async function oneHandshake(port: number, ca: string, session: Buffer | undefined): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, ca, ...(session && { session }) });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  const fine = socket.isSessionReused() === (session !== undefined);
  // The server has had all of it when it closes too.
  socket.end();
  await closed;
  return fine;
}

async function firstSession(port: number, ca: string): Promise<Buffer> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca });
  const [session] = (await once(socket, 'session', { signal: AbortSignal.timeout(sessionMs) })) as [Buffer];
  socket.destroy();
  return session;
}

/** Full handshakes that one `openssl s_time` gets in a second of real time. */
export async function handshakesOfOpenssl(port: number): Promise<number> {
  const args = ['s_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', String(opensslSeconds)];
  const { stdout } = await run('openssl', args);
  const [, done, real] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? [];
  return round(Number(done) / Number(real), 0);
}

/** The same handshakes with `openssl s_server`, which does nothing else. */
export async function peerHandshakes(
  files: TlsFiles & { readonly authority: string },
  seconds: number,
): Promise<{ readonly stage: HandshakeStage; readonly openssl: number }> {
  const port = await freePort('127.0.0.1');
  const place = ['-accept', `127.0.0.1:${port}`, '-cert', files.certificate, '-key', files.key];
  const child = spawn('openssl', ['s_server', ...place, '-quiet'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(child, 'exit');
  try {
    const answers = (): Promise<boolean> => oneHandshake(port, files.authority, undefined).catch(() => false);
    await until('openssl s_server answers', answers, startMs);
    const stage = await handshakeStage({ port, ca: files.authority, pid: child.pid ?? 0 }, false, seconds);
    return { stage, openssl: await handshakesOfOpenssl(port) };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** Signatures per second of CPU that OpenSSL makes with such a key: what no full handshake can beat. */
export async function signaturesPerSecond(): Promise<Record<KeyKind, number>> {
  const { stdout } = await run('openssl', ['speed', '-mr', '-seconds', '1', 'rsa2048', 'ecdsap256']);
  // OpenSSL 3, -mr: +F2:<n>:<bits>:<signatures/s>:<verifications/s> for RSA, +F4 for ECDSA.
  const rate = (line: RegExp): number => round(Number(line.exec(stdout)?.[1]), 0);
  return { 'RSA-2048': rate(/^\+F2:\d+:2048:([\d.]+)/m), 'P-256': rate(/^\+F4:\d+:256:([\d.]+)/m) };
}
