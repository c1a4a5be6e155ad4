/**
 * A real drachtio-server of our own with the configuration of deploy/drachtio, on free loopback ports; a test may kill it
 * and start it again.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createDiffieHellmanGroup } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { Issued } from './certificates.ts';
import { shippedText } from './compose-file.ts';
import { findOnPath, isExecutable } from './find-program.ts';
import type { AdminPlace } from './srf-app.ts';
import { until } from './until.ts';

/** A drachtio-server program: DRACHTIO_BIN, or `drachtio` on PATH; null: none is here. */
export function findDrachtioServer(): string | null {
  const named = process.env.DRACHTIO_BIN;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : null;
  return findOnPath('drachtio');
}

/** Says what is missing, or null. It is in no package: a test with it is elective. */
export function missingForDrachtioServer(): string | null {
  return findDrachtioServer() === null
    ? 'no drachtio-server: put `drachtio` on PATH, or name its program by DRACHTIO_BIN'
    : null;
}

export interface DrachtioOptions {
  /** URL of a request handler for INVITE. */
  readonly inviteHandler?: string;
  /** Certificate of an encrypted admin port beside the plain one, and of SIP over TLS and WSS. */
  readonly tls?: Issued;
  /** Whether SIP has TLS, WS and WSS too; the first and the last need `tls`. */
  readonly allTransports?: boolean;
}

type Transport = 'udp' | 'tls' | 'ws' | 'wss';

export class DrachtioServer implements AdminPlace {
  readonly secret = 'shared by the tests';
  readonly adminPort: number;
  readonly tlsPort: number;
  readonly sipPort: number;
  /** Of SIP, by transport; UDP and TCP share one. */
  readonly sipPorts: Readonly<Record<Transport, number>>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'drachtio-test-'));
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(
    [adminPort, tlsPort]: readonly [number, number],
    sipPorts: Readonly<Record<Transport, number>>,
  ) {
    [this.adminPort, this.tlsPort] = [adminPort, tlsPort];
    this.sipPorts = sipPorts;
    this.sipPort = sipPorts.udp;
  }

  static async start(options: DrachtioOptions = {}): Promise<DrachtioServer> {
    const free = (): Promise<number> => freePort('127.0.0.1');
    const sipPorts = { udp: await free(), tls: await free(), ws: await free(), wss: await free() };
    const server = new DrachtioServer([await free(), await free()], sipPorts);
    writeFileSync(server.#file('drachtio.conf.xml'), server.#config(options));
    await server.restart();
    return server;
  }

  /** All that it said. */
  get output(): string {
    return this.#output;
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** The killed one again, on the same ports. */
  async restart(): Promise<void> {
    const child = spawn(findDrachtioServer() ?? '', ['-f', this.#file('drachtio.conf.xml')], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (this.#output += String(chunk)));
    await until('drachtio-server listens', () => {
      if (child.exitCode !== null) throw new Error(`drachtio-server ended at its start: ${this.#output}`);
      return Promise.all([isOpen(this.adminPort), isOpen(this.sipPort)]).then((open) => open.every(Boolean));
    });
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  #config({ inviteHandler, tls, allTransports = false }: DrachtioOptions): string {
    const admin = `<admin port="${this.adminPort}" ${tls ? `tls-port="${this.tlsPort}"` : ''} secret="${this.secret}">`;
    const handlers =
      inviteHandler === undefined
        ? ''
        : `<request-handlers><request-handler sip-method="INVITE" http-method="GET">${inviteHandler}</request-handler></request-handlers>`;
    const { udp, ...others } = this.sipPorts;
    const contacts = [
      `sip:127.0.0.1:${udp};transport=udp,tcp`,
      ...(allTransports
        ? Object.entries(others).map(
            ([name, port]) => `${name === 'ws' ? 'sip' : 'sips'}:127.0.0.1:${port};transport=${name}`,
          )
        : []),
    ].map((uri) => `<contact>${uri}</contact>`);
    return shippedText('deploy/drachtio/drachtio.conf.xml')
      .replace(/<admin port="9022" secret="">/, `${handlers}${admin}`)
      .replace('<sip>', `<sip><contacts>${contacts.join('')}</contacts>${tls ? this.#tlsFiles(tls) : ''}`);
  }

  #tlsFiles({ cert, key }: Issued): string {
    writeFileSync(this.#file('certificate.pem'), cert);
    writeFileSync(this.#file('key.pem'), key);
    writeFileSync(this.#file('dh.pem'), diffieHellman());
    // Without a chain SIP over TLS fails to start.
    const files = {
      'cert-file': 'certificate.pem',
      'chain-file': 'certificate.pem',
      'key-file': 'key.pem',
      'dh-param': 'dh.pem',
    };
    return `<tls>${Object.entries(files)
      .map(([name, file]) => `<${name}>${this.#file(file)}</${name}>`)
      .join('')}</tls>`;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Parameters as PEM (RFC 3526's group 14), which drachtio-server wants for TLS: SEQUENCE of prime and generator. */
function diffieHellman(): string {
  const group = createDiffieHellmanGroup('modp14');
  const integers = Buffer.concat([group.getPrime(), group.getGenerator()].map(integer));
  const der = Buffer.concat([Buffer.from([0x30]), lengthOf(integers), integers]);
  return `-----BEGIN DH PARAMETERS-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END DH PARAMETERS-----\n`;
}

function integer(value: Buffer): Buffer {
  const positive = value[0] >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value;
  return Buffer.concat([Buffer.from([0x02]), lengthOf(positive), positive]);
}

function lengthOf({ length }: Buffer): Buffer {
  return length < 0x80 ? Buffer.from([length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}
