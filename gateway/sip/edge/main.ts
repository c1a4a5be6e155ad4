import { parseArgs } from 'node:util';
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { pino } from 'pino';
import { z } from 'zod';
import { startEdge } from './edge.ts';
import type { Edge, EdgeOptions } from './edge.ts';

const usage = `The embedded SIP edge: a stand-in for drachtio-server.

  --host <ip>               address that SIP binds to (127.0.0.1); :: is IPv6 and IPv4
  --port <n>                SIP over UDP and TCP (5060; 0: a free one, as for the others)
  --tls-port <n>            SIP over TLS (closed, as the others, if left out)
  --ws-port <n>             SIP over WebSocket
  --wss-port <n>            SIP over WebSocket and TLS
  --tls-certificate <file>  for TLS and WSS: PEM, with those that lead to its authority
  --tls-key <file>          its private key
  --tls-ca <file>           authorities of peers' certificates (those that Node.js brings)
  --tls-clients <word>      off, ask or require a certificate of TLS clients (off)
  --ws-origins <list>       origins of web pages that may call, or * (pages of the address that they call)
  --dns <list>              name servers (the system's)
  --admin-host <ip>         address of the admin port (127.0.0.1)
  --admin-port <n>          where apps connect (9022)
  --secret <text>           what apps must know (made up and printed, if left out)
  --allow <list>            methods that a 405 names, of what the apps do (all that apps can route)
  --public-ip <list>        address that peers see in Contact and Via, for IPv4, IPv6 or both
  --log-level <name>        debug, info, warn, error (info)

SIGUSR2 has the certificate read again; a change of its file does so too.
`;

const port = z.coerce.number().int().min(0).max(65_535);
const address = z.string().refine((text) => isIP(text) > 0, 'must be an IP address');
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
/** RFC 3261 §25.1. */
const token = z.string().regex(/^[-.!%*_+`'~a-z\d]+$/i, 'must be a SIP method');
const argumentsSchema = z.strictObject({
  host: address.default('127.0.0.1'),
  port: port.default(5060),
  'tls-port': port.optional(),
  'ws-port': port.optional(),
  'wss-port': port.optional(),
  'tls-certificate': z.string().optional(),
  'tls-key': z.string().optional(),
  'tls-ca': z.string().optional(),
  'tls-clients': z.enum(['off', 'ask', 'require']).default('off'),
  'ws-origins': list,
  dns: list,
  'admin-host': address.default('127.0.0.1'),
  'admin-port': port.default(9022),
  secret: z.string().min(1).optional(),
  allow: list.pipe(z.array(token)),
  'public-ip': list.pipe(z.array(address)),
  'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

const argumentForms = Object.fromEntries(
  Object.keys(argumentsSchema.shape).map((name) => [name, { type: 'string' }] as const),
);

/** What the parent process may say. */
const orderSchema = z.union([
  z.strictObject({ close: z.literal(true) }),
  z.strictObject({ counters: z.literal(true) }),
  z.strictObject({ ping: z.literal(true) }),
  z.strictObject({ reloadCertificates: z.literal(true) }),
]);

/** `--secret` shows in the process list; a parent hands it over by the environment instead. */
const secretVariable = 'SIP_EDGE_SECRET';

function readOptions(): EdgeOptions & { logLevel: string; madeSecret: boolean } {
  const given = argumentsSchema.parse(parseArgs({ options: argumentForms }).values);
  const secret = given.secret ?? process.env[secretVariable];
  const { 'tls-port': tlsPort, 'ws-port': wsPort, 'wss-port': wssPort, 'ws-origins': origins } = given;
  return {
    host: given.host,
    port: given.port,
    ...(tlsPort !== undefined && { tls: { port: tlsPort, clients: given['tls-clients'] } }),
    ...(wsPort !== undefined && { ws: { port: wsPort, origins } }),
    ...(wssPort !== undefined && { wss: { port: wssPort, origins } }),
    ...tlsFilesOf(given),
    dnsServers: given.dns,
    adminHost: given['admin-host'],
    adminPort: given['admin-port'],
    secret: secret ?? randomBytes(16).toString('hex'),
    ...(given.allow.length > 0 && { allow: given.allow }),
    publicAddresses: given['public-ip'],
    logLevel: given['log-level'],
    madeSecret: secret === undefined,
  };
}

function tlsFilesOf(given: z.infer<typeof argumentsSchema>): Pick<EdgeOptions, 'tlsFiles'> {
  const { 'tls-certificate': certificate, 'tls-key': key, 'tls-ca': ca } = given;
  if (certificate !== undefined && key !== undefined)
    return { tlsFiles: { certificate, key, ...(ca !== undefined && { ca }) } };
  if ((given['tls-port'] ?? given['wss-port']) === undefined) return {};
  throw new Error('TLS and WSS need --tls-certificate and --tls-key');
}

async function main(): Promise<void> {
  const options = readOptions();
  // Not sync: no call waits for whoever reads the log.
  const destination = pino.destination({ dest: 1, sync: false });
  const log = pino(
    {
      level: options.logLevel,
      base: { part: 'sip-edge' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  const edge = await startEdge({ ...options, log });
  if (options.madeSecret) process.stderr.write(`admin secret: ${options.secret}\n`);
  const stop = stopper(edge, () => destination.flushSync());
  process.on('SIGTERM', stop.signal);
  process.on('SIGUSR2', () => edge.reloadCertificates());
  // A terminal sends Ctrl-C, and word of its own end, to the whole process group; the parent's BYEs still have to
  // pass through here.
  for (const signal of ['SIGINT', 'SIGHUP'] as const)
    process.on(signal, process.send ? () => undefined : stop.signal);
  if (!process.send) return;
  process.on('message', (order: unknown) => {
    const { data } = orderSchema.safeParse(order);
    if (!data) log.warn({}, 'an order of the parent process is unknown');
    else if ('close' in data) stop.begin();
    else if ('ping' in data) process.send?.({ pong: true });
    else if ('reloadCertificates' in data) edge.reloadCertificates();
    else process.send?.({ counters: { ...edge.counters, transport: { ...edge.transportCounters } } });
  });
  // Nobody would drive it, or stop it.
  process.on('disconnect', stop.begin);
  process.send({ ready: { sipPort: edge.sipPort, adminPort: edge.adminPort, listening: edge.listening } });
}

/** Ways to stop: `begin` as often as one likes, `signal` for a person who may become impatient. */
function stopper(edge: Edge, flushLog: () => void): { begin: () => void; signal: () => void } {
  let sinceMs: number | null = null;
  const begin = (): void => {
    if (sinceMs !== null) return;
    sinceMs = performance.now();
    void edge.close().then(() => {
      flushLog();
      process.exit(0);
    });
  };
  const signal = (): void => {
    // A second signal means: now. Under npm each comes twice, from the terminal and from npm.
    if (sinceMs !== null && performance.now() - sinceMs > 500) process.exit(1);
    begin();
  };
  return { begin, signal };
}

main().catch((error: unknown) => {
  const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(1);
});
