/** A media host’s door: who is let in, what both sides say when somebody is not, and whose process lives. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Child } from '../../mcu/control/child.ts';
import { forks } from '../../mcu/control/forked.ts';
import { HostLine } from '../../mcu/host/line.ts';
import type { HostPlace } from '../../mcu/host/line.ts';
import { TestAuthority } from '../support/certificates.ts';
import { openTestHost } from '../support/media-host.ts';
import type { TestHost } from '../support/media-host.ts';
import { isAlive } from '../support/process-tree.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { Stranger } from '../support/host-stranger.ts';
import { until } from '../support/until.ts';

const launch = forks({ module: new URL('../fakes/child-main.ts', import.meta.url), args: ['plain'] });

let open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.reverse()) await one.close();
  open = [];
});

async function hostWith(options: Partial<Parameters<typeof openTestHost>[0]> = {}): Promise<TestHost> {
  const host = await openTestHost({ launch, ...options });
  open.push(host);
  return host;
}

/** One process there, started and ready. */
async function processOn(place: HostPlace, seat = 'seat'): Promise<{ line: HostLine; got: object[] }> {
  const line = new HostLine(place, seat);
  open.push({ close: () => line.kill() });
  const got: object[] = [];
  line.onMessage((message) => got.push(message as object));
  line.send({ start: {} });
  await until('it is ready', () => got.length === 1);
  return { line, got };
}

const said = (lines: readonly LogLine[]): string[] => lines.map(({ sentence }) => sentence);
const whyOf = (place: HostPlace): Promise<string> =>
  new HostLine(place, 'seat').welcomed.then(
    () => 'welcome',
    (error: unknown) => (error as Error).message,
  );

test('another secret is refused in words on both sides, and no process is started', async () => {
  const host = await hostWith();
  expect(await whyOf({ ...host.place, secret: 'another-secret-altogether' })).toBe(
    `the media host at 127.0.0.1:${host.port} has another secret: set the same MEDIA_HOST_SECRET there and here (mediaHost.secret)`,
  );
  expect(said(host.lines)).toEqual([
    'a gateway with another secret was refused: set the same MEDIA_HOST_SECRET there and here',
  ]);
  expect(JSON.stringify(host.lines)).not.toContain('another-secret-altogether');
  expect(await whyOf(host.place)).toBe('welcome');
});

test('a supervisor goes on trying while the secret is another one, says so once, and starts when it is right', async () => {
  const host = await hostWith();
  let secret = 'another-secret-altogether';
  const lines: LogLine[] = [];
  const child = await Child.open({
    name: 'media node',
    launch: () => new HostLine({ ...host.place, secret }, 'seat'),
    start: {},
    log: quietLog(lines),
  });
  open.push(child);
  expect(child).toMatchObject({ state: 'down', pid: null });
  expect(child.trouble).toContain('has another secret');
  await until('it has tried again', () => child.restarts >= 1);
  expect(said(lines)).toEqual(['child process can not be started']);
  secret = host.place.secret;
  await until('it runs', () => child.state === 'up', 10_000);
  expect(child.trouble).toBeNull();
});

test('a host that does not know the secret is told nothing but its own mistake', async () => {
  const server = createServer();
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: () => (sockets.close(), server.closeAllConnections(), server.close()) });
  const got: string[] = [];
  const nonce = 'n'.repeat(43);
  sockets.on('connection', (ws) => {
    ws.send(JSON.stringify({ hello: { words: '0'.repeat(16), nonce } }));
    ws.on('message', (data) => {
      got.push((data as Buffer).toString());
      ws.send(JSON.stringify({ welcome: { proof: nonce } }));
    });
  });
  const { port } = server.address() as AddressInfo;
  const line = new HostLine(
    { url: `ws://127.0.0.1:${port}`, secret: 'secret-of-the-gateway', ca: null, plainAnywhere: false },
    'seat',
  );
  line.send({ start: { keys: 'of calls' } });
  await expect(line.welcomed).rejects.toThrow('has another secret');
  expect(got).toHaveLength(1);
  expect(got[0]).not.toMatch(/keys|secret-of/);
});

test('a gateway of another version is refused in words on both sides', async () => {
  const host = await hostWith();
  const stranger = await Stranger.at(host);
  const hello = await stranger.next();
  stranger.greet(hello, { secret: host.place.secret, words: 'f'.repeat(16) });
  expect(await stranger.next()).toEqual({ refused: 'words' });
  expect(said(host.lines)).toEqual(['a gateway of another version was refused: bring both to the same one']);
});

test('a host that is away, and what is no media host, are told apart', async () => {
  const host = await hostWith();
  await host.close();
  expect(await whyOf(host.place)).toContain('does not run, or listens elsewhere');
  const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  open.push({ close: () => other.close() });
  const { port } = other.address() as AddressInfo;
  expect(await whyOf({ ...host.place, url: `ws://127.0.0.1:${port}` })).toContain('is no media host');
});

test('over TLS the host shows its certificate, and one of an unknown authority is refused', async () => {
  const authority = new TestAuthority();
  const host = await hostWith({ tls: authority.issue({ addresses: ['127.0.0.1'] }) });
  expect(await whyOf({ ...host.place, ca: authority.cert })).toBe('welcome');
  expect(await whyOf(host.place)).toMatch(/can’t be reached: .*certificate/);
});

test('a connection that is cut is the end of its process, at once', async () => {
  const host = await hostWith();
  const stranger = await Stranger.at(host);
  stranger.greet(await stranger.next(), host.place);
  expect(await stranger.next()).toMatchObject({ welcome: {} });
  stranger.send({ start: {} });
  const { started } = (await stranger.next()) as { started: { pid: number } };
  expect(await stranger.next()).toMatchObject({ ready: {} });
  stranger.cut();
  await until('it is gone', () => !isAlive(started.pid));
});

test('a gateway that answers nothing any more loses its process', async () => {
  const host = await hostWith({ answerMs: 600 });
  const stranger = await Stranger.at(host, { autoPong: false });
  stranger.greet(await stranger.next(), host.place);
  await stranger.next();
  stranger.send({ start: {} });
  const { started } = (await stranger.next()) as { started: { pid: number } };
  await until('it is gone', () => !isAlive(started.pid));
  expect(said(host.lines)).toContain('gateway did not answer any more');
});

test('when a process’s turn comes the one before it is gone before it is told anything', async () => {
  const host = await hostWith();
  const first = await processOn(host.place);
  first.line.use();
  const second = await processOn(host.place);
  const elsewhere = await processOn(host.place, 'another-gateway');
  elsewhere.line.use();
  const { pid } = first.line;
  const alive: boolean[] = [];
  second.line.onMessage(() => alive.push(isAlive(pid ?? 0)));
  // One that does not answer any more would not end by itself either.
  process.kill(pid ?? 0, 'SIGSTOP');
  second.line.use();
  second.line.send({ echo: 1 });
  await until('it is told', () => second.got.some((message) => 'echoed' in message));
  expect(alive).toEqual([false]);
  elsewhere.line.send({ echo: 2 });
  await until('another gateway’s goes on', () => elsewhere.got.length === 2);
});

test('a host that ends asks its processes to end, and gateways are told', async () => {
  const host = await hostWith();
  const { line } = await processOn(host.place);
  const ended = new Promise((resolve) => line.onEnd(resolve));
  const { pid } = line;
  await host.close();
  expect(await ended).toMatchObject({ crashed: true });
  expect(isAlive(pid ?? 0)).toBe(false);
});

test('strangers from one address keep nobody else out, and wait for a place themselves', async () => {
  const host = await hostWith();
  const strangers = await Promise.all([1, 2, 3, 4].map(() => Stranger.at(host)));
  expect(await whyOf(host.place)).toContain('too many unfinished connections');
  const elsewhere = await Stranger.at(host, { localAddress: '127.0.0.2' });
  expect(await elsewhere.next()).toMatchObject({ hello: {} });
  strangers[0].cut();
  await until('there is a place again', async () => (await whyOf(host.place)) === 'welcome');
});

test('it says that it lives to whoever asks, and nothing else', async () => {
  const host = await hostWith();
  const get = async (path: string): Promise<number | undefined> => {
    const [answer] = (await once(
      request({ host: '127.0.0.1', port: host.port, path }).end(),
      'response',
    )) as [{ statusCode?: number; resume(): void }];
    answer.resume();
    return answer.statusCode;
  };
  expect([await get('/healthz'), await get('/'), await get('/metrics')]).toEqual([200, 404, 404]);
  const wrongPath = new WebSocket(`ws://127.0.0.1:${host.port}/other`);
  const [, response] = (await once(wrongPath, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(404);
});
