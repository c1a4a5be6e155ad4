import { existsSync } from 'node:fs';
import { isIP, isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isPublic } from '../addresses.ts';

const address = z.string().refine((text) => isIP(text) !== 0, 'write an IP address, such as 10.0.0.5');
const addressOrNone = z.literal('').or(address);
const port = z.coerce.number().int().min(1).max(65535);
const shortestSecret = 16;

/** Each setting is a variable of the environment, so that no secret stands in a process list. */
export const hostSettings = z.strictObject({
  MEDIA_HOST_SECRET: z
    .string()
    .min(
      shortestSecret,
      `write at least ${shortestSecret} characters, such as those of: openssl rand -hex 24`,
    )
    .describe('what gateways have to know; the same as theirs'),
  MEDIA_HOST_LISTEN: address.default('127.0.0.1').describe('IP address that gateways connect to'),
  MEDIA_HOST_PORT: port.default(9030).describe('its port (TCP)'),
  MEDIA_HOST_TLS_CERT: z.string().default('').describe('certificate of that port (PEM file); empty: no TLS'),
  MEDIA_HOST_TLS_KEY: z.string().default('').describe('its private key (PEM file)'),
  MEDIA_HOST_PLAIN: z
    .enum(['private', 'anywhere'])
    .default('private')
    .describe('where connections may be unencrypted: at private addresses only, or anywhere'),
  PUBLIC_IP: addressOrNone
    .default('')
    .describe('address that callers send media to; empty: MEDIA_HOST_ADDRESS, which has to be one then'),
  PUBLIC_IPV6: z
    .literal('')
    .or(z.ipv6())
    .default('')
    .describe('the same for callers over IPv6, where PUBLIC_IP is an IPv4 address'),
  MEDIA_HOST_ADDRESS: address.default('0.0.0.0').describe('IP address that media binds to'),
  MEDIA_HOST_RTP_PORT_MIN: port.default(20000).describe('first RTP port'),
  MEDIA_HOST_RTP_PORT_MAX: port.default(29999).describe('last RTP port'),
  MEDIA_HOST_PROMPT_FOLDER: z
    .string()
    .default('')
    .describe('folder with your own prompts, as the gateway has; empty: the ones that ship'),
  MEDIA_HOST_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('lines below this level are left out'),
});
export type HostSettings = z.output<typeof hostSettings>;

/** The settings can't be used; each problem is a line. */
export class HostSettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(['The media host’s settings have problems:', ...problems.map((line) => `  - ${line}`)].join('\n'));
  }
}

/** Also in gateways' environments. */
const others = ['MEDIA_HOST_URL'];

/** Throws `HostSettingsError` with every problem at once. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): HostSettings {
  const own = Object.entries(environment).filter(
    ([name]) => (name.startsWith('MEDIA_HOST_') && !others.includes(name)) || name in hostSettings.shape,
  );
  const parsed = hostSettings.safeParse(Object.fromEntries(own));
  if (!parsed.success) throw new HostSettingsError(parsed.error.issues.flatMap(wordsFor));
  const problems = problemsOf(parsed.data);
  if (problems.length > 0) throw new HostSettingsError(problems);
  return parsed.data;
}

function wordsFor(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) => `${name}: there is no such setting.`);
  const name = String(issue.path[0]);
  if (issue.code === 'invalid_type') return [`${name} is missing: it is ${describe(name)}.`];
  return [`${name}: ${issue.message}`];
}

function describe(name: string): string {
  return name in hostSettings.shape
    ? (hostSettings.shape[name as keyof HostSettings].description ?? '')
    : 'unknown';
}

function problemsOf(settings: HostSettings): string[] {
  const problems: string[] = [];
  const { MEDIA_HOST_TLS_CERT: cert, MEDIA_HOST_TLS_KEY: key, MEDIA_HOST_LISTEN: listen } = settings;
  if ((cert === '') !== (key === ''))
    problems.push('MEDIA_HOST_TLS_CERT and MEDIA_HOST_TLS_KEY go together: set both.');
  for (const file of [cert, key])
    if (file !== '' && !existsSync(file)) problems.push(`there is no file “${file}”.`);
  if (cert === '' && settings.MEDIA_HOST_PLAIN === 'private' && (isUnspecified(listen) || isPublic(listen)))
    problems.push(
      `MEDIA_HOST_LISTEN: ${listen} can be reached from the Internet, and calls’ keys would come unencrypted: listen at a private address, or set MEDIA_HOST_TLS_CERT (MEDIA_HOST_PLAIN=anywhere allows it as it is).`,
    );
  if (settings.PUBLIC_IP === '' && isUnspecified(settings.MEDIA_HOST_ADDRESS))
    problems.push('PUBLIC_IP is missing: set it to the address of this machine that callers send media to.');
  if (settings.PUBLIC_IPV6 !== '' && isIPv6(settings.PUBLIC_IP))
    problems.push('PUBLIC_IP and PUBLIC_IPV6 are both IPv6 addresses: PUBLIC_IP is the IPv4 one then.');
  if (settings.MEDIA_HOST_RTP_PORT_MAX - settings.MEDIA_HOST_RTP_PORT_MIN < 3)
    problems.push('MEDIA_HOST_RTP_PORT_MAX must be at least 3 above MEDIA_HOST_RTP_PORT_MIN.');
  const folder = promptFolderOf(settings);
  if (!existsSync(folder)) problems.push(`MEDIA_HOST_PROMPT_FOLDER: there is no folder “${folder}”.`);
  return problems;
}

function isUnspecified(text: string): boolean {
  return text === '0.0.0.0' || text === '::';
}

/** As it ships, from source and from `dist/` alike. */
export function promptFolderOf({ MEDIA_HOST_PROMPT_FOLDER: named }: HostSettings): string {
  if (named !== '') return named;
  const places = ['../../', '../../../'].map((up) => new URL(`${up}gateway/prompts/en/`, import.meta.url));
  const shipped = places.find((place) => existsSync(place)) ?? places[0];
  return fileURLToPath(new URL('..', shipped));
}

/** For `--help`. */
export function explainedSettings(): string {
  const lines = Object.entries(hostSettings.shape).map(([name, schema]) => {
    const standard = name === 'MEDIA_HOST_SECRET' ? undefined : schema.parse(undefined);
    const shown = standard === undefined ? 'needed' : standard === '' ? 'empty' : String(standard);
    return `  ${name} (${shown})\n      ${schema.description ?? ''}`;
  });
  return `A media host: runs media nodes for gateways on other machines. Its settings, from the environment:\n${lines.join('\n')}\n`;
}
