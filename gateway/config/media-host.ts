import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isPublic } from '../../mcu/addresses.ts';
import type { HostPlace } from '../../mcu/host/line.ts';
import { isLoopback } from './outside.ts';
import type { Config } from './schema.ts';

type Keys = Pick<Config, 'mediaHost' | 'livekit'>;

/** Null: the media node runs here. */
export function mediaHostPlace({ mediaHost }: Pick<Config, 'mediaHost'>): HostPlace | null {
  const { url, secret, ca, plain } = mediaHost;
  if (url === '') return null;
  return {
    url,
    secret,
    ca: ca === '' ? null : readFileSync(ca, 'utf8'),
    plainAnywhere: plain === 'anywhere',
  };
}

const shortestSecret = 16;

/** What no single key can say. */
export function mediaHostProblems({ mediaHost, livekit }: Keys): string[] {
  const { url, secret, ca, plain, livekitUrl } = mediaHost;
  if (url === '') return [];
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (
    !parsed ||
    !/^wss?:$/.test(parsed.protocol) ||
    `${parsed.protocol}//${parsed.host}` !== url.replace(/\/$/, '')
  )
    return [
      `mediaHost.url: “${withoutUser(url)}” is no media host; write ws://10.0.0.5:9030 or wss://media.example:9030.`,
    ];
  const problems: string[] = [];
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  if (secret.length < shortestSecret)
    problems.push(
      `mediaHost.secret (MEDIA_HOST_SECRET) has to be that of the media host, which is at least ${shortestSecret} characters.`,
    );
  if (parsed.protocol === 'ws:' && plain === 'private' && isIP(host) !== 0 && isPublic(host))
    problems.push(
      `mediaHost.url: ${host} is a public address, and calls’ keys would go there unencrypted: write wss:// and give the media host a certificate (mediaHost.plain: anywhere allows it as it is).`,
    );
  if (ca !== '' && !existsSync(ca)) problems.push(`mediaHost.ca: there is no file “${ca}”.`);
  if (ca !== '' && parsed.protocol === 'ws:')
    problems.push('mediaHost.ca is of use with wss:// only: write mediaHost.url so.');
  if (livekitUrl !== '' && !(URL.canParse(livekitUrl) && /^wss?:$/.test(new URL(livekitUrl).protocol)))
    problems.push(`mediaHost.livekitUrl: “${livekitUrl}” is no LiveKit; write ws://10.0.0.4:7880.`);
  if (!isLoopback(host) && livekitUrl === '' && isOwnMachine(livekit.url))
    problems.push(
      'mediaHost.url names another machine, and LiveKit is reached from this one only: set livekit.url (LIVEKIT_URL) to an address that both reach, or mediaHost.livekitUrl.',
    );
  return problems;
}

/** LiveKit is a process of ours, or a neighbour. */
function isOwnMachine(livekitUrl: string): boolean {
  return livekitUrl === '' || (URL.canParse(livekitUrl) && isLoopback(new URL(livekitUrl).hostname));
}

/** Whoever writes a secret into an address shall not read it in a log. */
function withoutUser(url: string): string {
  return url.replace(/\/\/.*@/, '//…@');
}
