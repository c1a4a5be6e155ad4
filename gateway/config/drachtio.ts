import { existsSync, readFileSync } from 'node:fs';
import { isPublic } from '../../mcu/addresses.ts';
import type { ListenPlace, ServerPlace } from '../sip/server-place.ts';
import { hostsAndPorts, isHost } from './host-and-port.ts';
import { inUri, isUnspecified } from './outside.ts';
import type { Config } from './schema.ts';

type Drachtio = Config['drachtio'];

/** Whether calls come by drachtio-servers; else by the embedded edge. */
export function usesDrachtio({ drachtio }: Pick<Config, 'drachtio'>): boolean {
  return drachtio.host !== '' || drachtio.servers.length > 0 || drachtio.listen.port !== 0;
}

/** Every drachtio-server that is connected to, with what its own entry leaves out. */
export function drachtioServers({ drachtio }: Pick<Config, 'drachtio'>): ServerPlace[] {
  return entriesOf(drachtio).map(({ host, port, secret, tls, ca }) => ({
    name: `${inUri(host)}:${port}`,
    host,
    port,
    secret,
    tls: tls === 'on' ? { ca: ca === '' ? null : readFileSync(ca, 'utf8') } : null,
  }));
}

/** Where drachtio-servers connect to; null: nowhere. */
export function drachtioListen(config: Pick<Config, 'drachtio' | 'host'>): ListenPlace | null {
  const { listen, secret } = config.drachtio;
  if (listen.port === 0) return null;
  const tls =
    listen.tlsCert === ''
      ? null
      : {
          certificate: readFileSync(listen.tlsCert, 'utf8'),
          key: readFileSync(listen.tlsKey, 'utf8'),
        };
  const from = listen.from.length > 0 ? listen.from : ['127.0.0.0/8', '::1'];
  return { host: listenHost(config), port: listen.port, secret, from, tls };
}

/** What no single key can say. */
export function drachtioProblems(config: Pick<Config, 'drachtio' | 'host'>): string[] {
  return [...serverProblems(config.drachtio), ...listenProblems(config)];
}

interface Entry {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly tls: 'on' | 'off';
  readonly ca: string;
}

function entriesOf(drachtio: Drachtio): Entry[] {
  const { port, secret, tls, ca } = drachtio;
  const shared = { port, secret, tls, ca };
  const named = hostsAndPorts(drachtio.host, port).map((one) => ({ ...shared, ...one }));
  return [...named, ...drachtio.servers.map((one) => ({ ...shared, ...one }))];
}

function serverProblems(drachtio: Drachtio): string[] {
  const problems: string[] = [];
  const entries = entriesOf(drachtio);
  for (const { host, port, tls, ca } of entries) {
    const name = `${inUri(host)}:${port}`;
    if (!isHost(host))
      problems.push(
        `drachtio.host: “${host}” is no host; write 10.0.0.5, sip.example:9022 or [fd00::5]:9022.`,
      );
    if (port === 0 || port > 65535) problems.push(`drachtio: ${name} has no port that can be connected to.`);
    if (tls === 'off' && drachtio.plain === 'private' && isPublic(host))
      problems.push(
        `drachtio: ${name} is a public address, and secret and calls would go there unencrypted: give drachtio-server a private one, or a tls-port and drachtio.tls: on (drachtio.plain: anywhere allows it as it is).`,
      );
    if (tls === 'on' && ca !== '' && !existsSync(ca)) problems.push(`drachtio.ca: there is no file “${ca}”.`);
  }
  const names = entries.map(({ host, port }) => `${inUri(host)}:${port}`);
  for (const twice of new Set(names.filter((name, i) => names.indexOf(name) !== i)))
    problems.push(`drachtio: ${twice} is named twice; it would be given twice its share of the calls.`);
  return problems;
}

function listenHost({ drachtio, host }: Pick<Config, 'drachtio' | 'host'>): string {
  return drachtio.listen.host || host;
}

function listenProblems(config: Pick<Config, 'drachtio' | 'host'>): string[] {
  const { listen, plain } = config.drachtio;
  if (listen.port === 0) return [];
  const problems: string[] = [];
  const host = listenHost(config);
  if ((listen.tlsCert === '') !== (listen.tlsKey === ''))
    problems.push('drachtio.listen.tlsCert and drachtio.listen.tlsKey go together: set both.');
  for (const key of ['tlsCert', 'tlsKey'] as const)
    if (listen[key] !== '' && !existsSync(listen[key]))
      problems.push(`drachtio.listen.${key}: there is no file “${listen[key]}”.`);
  if (listen.from.length === 0 && !/^(?:127\.|::1$)/.test(host))
    problems.push(
      'drachtio.listen.from is empty: name the addresses of the drachtio-servers, for the gateway shows its secret to whoever connects.',
    );
  if (listen.tlsCert === '' && plain === 'private' && (isUnspecified(host) || isPublic(host)))
    problems.push(
      `drachtio.listen: ${host} can be reached from the Internet, and secret and calls would come unencrypted: set drachtio.listen.host to a private address, or drachtio.listen.tlsCert (drachtio.plain: anywhere allows it as it is).`,
    );
  return problems;
}
