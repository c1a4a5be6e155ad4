import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDoor, type Door } from '../../../fakes/admin.ts';
import { CertificateFiles, TestAuthority } from '../../../support/certificates.ts';
import { ask } from './support.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(more: Parameters<typeof openDoor>[0] = {}): Promise<Door & { port: number }> {
  const door = await openDoor(more);
  closers.push(() => door.server.close());
  return { ...door, port: await door.server.listen() };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gateway-http-'));
  closers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Sends bytes as they are; resolves with all that came back until the server hung up. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(bytes);
  await once(socket, 'close', { signal: AbortSignal.timeout(5_000) });
  return answer;
}

test('closing hangs up on idle keep-alive connections, and twice is once', async () => {
  const { server, port } = await open();
  const agent = new Agent({ keepAlive: true });
  const asked = request({ port, host: '127.0.0.1', path: '/healthz', agent }).end();
  const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, 'end');

  const begun = performance.now();
  await Promise.all([server.close(), server.close()]);
  expect(performance.now() - begun).toBeLessThan(1_500);
  agent.destroy();
});

test('a used port is an error that names it', async () => {
  const { port } = await open();
  const second = await openDoor({ http: { port } });
  closers.push(() => second.server.close());
  await expect(second.server.listen()).rejects.toMatchObject({ code: 'EADDRINUSE', port });
});

test.each([
  ['garbage', 'HELLO\r\n\r\n'],
  ['a bad Content-Length', 'POST /api/v1/join/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
  [
    'two lengths (request smuggling)',
    'POST /api/v1/join/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
  ],
  ['endless headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
])('%s is refused as a problem and hung up on', async (_what, bytes) => {
  const { port } = await open();
  const answer = await raw(port, bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('application/problem+json');
  expect(answer).toContain('REQUEST_MALFORMED');
});

test('every answer carries the security headers; pages may reach LiveKit and nothing else', async () => {
  const door = await openDoor({ livekitUrl: 'wss://rooms.example:7443/path' });
  closers.push(() => door.server.close());
  for (const line of ['GET /healthz', 'GET /', 'GET /nowhere', 'GET /%', 'GET /api/v1/calls'] as const) {
    const { headers } = await ask(door, line);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self' wss://rooms.example:7443 https://rooms.example:7443;");
    expect(policy).not.toContain('unsafe');
  }
});

test('built pages are served, their files for long, and nothing beside them', async () => {
  const webFolder = await folder();
  await mkdir(join(webFolder, 'assets'));
  await writeFile(join(webFolder, 'index.html'), '<title>page</title>');
  await writeFile(join(webFolder, 'assets', 'main-abc.js'), 'export {};');
  await writeFile(join(webFolder, 'secret.txt'), 'secret');
  const door = await openDoor({ webFolder });
  closers.push(() => door.server.close());

  for (const line of ['GET /', 'GET /join/weekly', 'GET /join/stand%20up'] as const) {
    const page = await ask(door, line);
    expect(page).toMatchObject({ status: 200, body: { text: '<title>page</title>' } });
    expect(page.headers['cache-control']).toBe('no-cache');
  }
  const file = await ask(door, 'GET /assets/main-abc.js');
  expect(file.headers['cache-control']).toContain('immutable');
  for (const path of [
    '/assets/../secret.txt',
    '/assets/%2e%2e/secret.txt',
    '/secret.txt',
    '/assets/none.js',
  ]) {
    const answer = await ask(door, `GET ${path}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(answer.body)).not.toContain('"secret"');
  }
});

test('HTTPS is spoken when certificate and key are configured', async () => {
  const authority = new TestAuthority();
  const files = new CertificateFiles(authority.issue({ dnsNames: ['localhost'] }), authority);
  closers.push(() => files.remove());
  const { port } = await open({ http: { tlsCert: files.certificate, tlsKey: files.key } });
  const trusting = { ca: authority.cert, servername: 'localhost' };
  const asked = tlsRequest({ port, host: '127.0.0.1', path: '/healthz', ...trusting }).end();
  const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  expect(response.statusCode).toBe(200);
  response.resume();
});
