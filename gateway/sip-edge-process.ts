import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Child } from '../mcu/control/child.ts';
import type { RunningChild } from '../mcu/control/child.ts';
import { forks } from '../mcu/control/forked.ts';
import { drachtioListen, drachtioServers, usesDrachtio } from './config/drachtio.ts';
import { outsideAddress, publicAddresses } from './config/outside.ts';
import type { Config } from './config/schema.ts';
import { usesTls } from './config/sip-listeners.ts';
import { makeCertificate } from './config/x509.ts';
import { GatewayError } from './errors.ts';
import type { Log } from './ports.ts';
import type { Ground } from './ground.ts';
import { allow } from './sip/capabilities.ts';
import type { ListenPlace, ServerPlace } from './sip/server-place.ts';
import { CertificateError, readCertificates, validityWarning } from './sip/edge/transport/certificates.ts';
import type { TlsFiles, TlsMaterial } from './sip/edge/transport/certificates.ts';

/** The certificate of SIP can't be used; the message says which file and why. */
class SipCertificateUnusable extends GatewayError {
  constructor(cause: CertificateError) {
    const { message, remedy } = cause;
    super({ code: 'SIP_CERTIFICATE_UNUSABLE', httpStatus: 500, message, remedy, cause });
  }
}

export interface EdgeProcess {
  /** The drachtio servers that calls come by: the process itself, or real ones. */
  readonly servers: readonly ServerPlace[];
  readonly listen: ListenPlace | null;
  /** Null: real ones, of which we know no more. */
  readonly embedded: {
    readonly pid: () => number | null;
    readonly restarts: () => Pick<Child, 'restarts' | 'hangs'>;
    /** What the process has counted; null: it did not say. */
    readonly counters: () => Promise<Readonly<Record<string, number>> | null>;
    readonly reloadCertificates: () => void;
  } | null;
}

/** Throws `GatewayError`s. */
export async function openEdgeProcess({ config, log, childSink, closers }: Ground): Promise<EdgeProcess> {
  const { sip } = config;
  if (usesDrachtio(config)) {
    const servers = drachtioServers(config);
    warnOfKnownSecret(servers, log);
    return { servers, listen: drachtioListen(config), embedded: null };
  }
  const secret = sip.secret || randomBytes(24).toString('base64url');
  const desk = new EdgeDesk();
  const child = await Child.start({
    name: 'SIP edge',
    launch: forks({
      module: new URL('./sip/edge/main.ts', import.meta.url),
      args: [...edgeArguments(config), ...tlsArguments(config, log)],
      // Arguments show in the process list.
      env: { SIP_EDGE_SECRET: secret },
      output: childSink(),
    }),
    log,
    onUp: (running) => desk.attach(running),
    onDown: () => desk.detach(),
  });
  closers.add('SIP edge', () => child.close());
  return {
    servers: [{ name: 'embedded', host: '127.0.0.1', port: sip.adminPort, secret, tls: null }],
    listen: null,
    embedded: {
      pid: () => child.pid,
      restarts: () => child,
      counters: () => desk.ask(),
      reloadCertificates: () => desk.reloadCertificates(),
    },
  };
}

/** drachtio-server's sample configuration has it, and so everybody. */
const knownSecret = 'cymru';

function warnOfKnownSecret(servers: readonly ServerPlace[], log: Log): void {
  const open = servers.filter(
    ({ host, secret }) => secret === knownSecret && !/^(?:127\.|::1$|localhost$)/.test(host),
  );
  for (const { name } of open)
    log.warn(
      { server: name },
      'SIP server has the secret that everybody knows: change drachtio.secret, here and there',
    );
}

function edgeArguments(config: Config): string[] {
  const { host, sip, log } = config;
  const pairs: Record<string, string> = {
    host,
    port: String(sip.port),
    'admin-port': String(sip.adminPort),
    'public-ip': publicAddresses(config).join(','),
    'log-level': log.level === 'silent' ? 'error' : log.level,
    dns: sip.dns.join(','),
    allow,
    'ws-origins': sip.origins.join(','),
    'tls-clients': sip.tls.clients,
  };
  for (const name of ['tls', 'ws', 'wss'] as const)
    if (sip[name].listen === 'on') pairs[`${name}-port`] = String(sip[name].port);
  return Object.entries(pairs).flatMap(([name, value]) => [`--${name}`, value]);
}

function tlsArguments(config: Config, log: Log): string[] {
  if (!usesTls(config)) return [];
  const { certificate, key, ca } = checkedFiles(config, log);
  return [
    ...['--tls-certificate', certificate, '--tls-key', key],
    ...(ca === undefined ? [] : ['--tls-ca', ca]),
  ];
}

/** A certificate that can't be used ends the start here, in words, rather than a process again and again. */
function checkedFiles(config: Config, log: Log): TlsFiles {
  const { certificate, key, ca } = config.sip.tls;
  const own = certificate === '' ? selfSigned(config, log) : { certificate, key };
  const files = { ...own, ...(ca !== '' && { ca }) };
  try {
    const warning = validityWarning(readCertificates(files), Date.now());
    if (warning !== undefined)
      log.warn({ certificate: files.certificate, warning }, 'SIP certificate to be renewed');
    return files;
  } catch (error) {
    if (error instanceof CertificateError) throw new SipCertificateUnusable(error);
    throw error;
  }
}

const dayMs = 86_400_000;
const selfSignedDays = 730;

/** Nobody can check it, but what goes over the wire is not open to all. Made anew when it ends or addresses change. */
function selfSigned(config: Config, log: Log): Pick<TlsFiles, 'certificate' | 'key'> {
  const files = {
    certificate: join(config.dataFolder, 'sip-certificate.pem'),
    key: join(config.dataFolder, 'sip-key.pem'),
  };
  const addresses = [...new Set([outsideAddress(config), ...publicAddresses(config)])];
  if (existsSync(files.certificate) && existsSync(files.key) && isGood(readOrNull(files), addresses))
    return files;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nowMs = Date.now();
  const pem = makeCertificate(
    {
      commonName: 'interop-gateway',
      publicKey,
      addresses,
      dnsNames: ['localhost'],
      // Clocks of phones are often late.
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + selfSignedDays * dayMs),
    },
    privateKey,
  );
  writeFileSync(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(files.certificate, pem);
  log.info({ certificate: files.certificate }, 'self-signed certificate made for SIP over TLS');
  return files;
}

function isGood(material: TlsMaterial | null, addresses: readonly string[]): boolean {
  if (material === null || validityWarning(material, Date.now()) !== undefined) return false;
  return addresses.every((address) => material.leaf.checkIP(address) !== undefined);
}

function readOrNull(files: TlsFiles): TlsMaterial | null {
  try {
    return readCertificates(files);
  } catch (error) {
    if (error instanceof CertificateError) return null;
    throw error;
  }
}

const countersSchema = z.object({
  counters: z.looseObject({ transport: z.record(z.string(), z.number()) }),
});
/** Prometheus waits for ten seconds. */
const answerMs = 5_000;

/** What is said to the process that runs now; all who ask for counters at once get one answer. */
class EdgeDesk {
  #port: RunningChild['port'] | null = null;
  #waiting: ((counters: Readonly<Record<string, number>> | null) => void)[] = [];

  attach({ port }: RunningChild): void {
    this.#port = port;
    port.onMessage((message) => {
      const { data } = countersSchema.safeParse(message);
      if (!data) return;
      const { transport, ...core } = data.counters;
      const numbers = Object.entries(core).filter(
        (pair): pair is [string, number] => typeof pair[1] === 'number',
      );
      this.#answer({ ...Object.fromEntries(numbers), ...transport });
    });
  }

  detach(): void {
    this.#port = null;
    this.#answer(null);
  }

  reloadCertificates(): void {
    this.#port?.send({ reloadCertificates: true });
  }

  ask(): Promise<Readonly<Record<string, number>> | null> {
    if (this.#port === null) return Promise.resolve(null);
    this.#port.send({ counters: true });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), answerMs);
      this.#waiting.push((counters) => {
        clearTimeout(timer);
        resolve(counters);
      });
    });
  }

  #answer(counters: Readonly<Record<string, number>> | null): void {
    for (const resolve of this.#waiting.splice(0)) resolve(counters);
  }
}
