/** A real drachtio-server of our own on free loopback ports, which a test may kill and start again. */
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
  /** Certificate of an encrypted admin port beside the plain one. */
  readonly tls?: Issued;
}

export class DrachtioServer implements AdminPlace {
  readonly secret = 'shared by the tests';
  readonly adminPort: number;
  readonly tlsPort: number;
  readonly sipPort: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'drachtio-test-'));
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(ports: readonly [number, number, number]) {
    [this.adminPort, this.tlsPort, this.sipPort] = ports;
  }

  static async start(options: DrachtioOptions = {}): Promise<DrachtioServer> {
    const free = (): Promise<number> => freePort('127.0.0.1');
    const server = new DrachtioServer([await free(), await free(), await free()]);
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

  #config({ inviteHandler, tls }: DrachtioOptions): string {
    const handlers =
      inviteHandler === undefined
        ? ''
        : `<request-handlers><request-handler sip-method="INVITE" http-method="GET">${inviteHandler}</request-handler></request-handlers>`;
    if (tls) {
      writeFileSync(this.#file('certificate.pem'), tls.cert);
      writeFileSync(this.#file('key.pem'), tls.key);
      writeFileSync(this.#file('dh.pem'), diffieHellman());
    }
    const files = tls
      ? `<tls><cert-file>${this.#file('certificate.pem')}</cert-file><key-file>${this.#file('key.pem')}</key-file><dh-param>${this.#file('dh.pem')}</dh-param></tls>`
      : '';
    return `<drachtio>
      <admin port="${this.adminPort}" ${tls ? `tls-port="${this.tlsPort}"` : ''} secret="${this.secret}">127.0.0.1</admin>
      ${handlers}
      <sip>
        <contacts><contact>sip:127.0.0.1:${this.sipPort};transport=udp,tcp</contact></contacts>
        ${files}
      </sip>
      <cdrs>false</cdrs>
      <logging><console/><sofia-loglevel>0</sofia-loglevel><loglevel>notice</loglevel></logging>
    </drachtio>`;
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
