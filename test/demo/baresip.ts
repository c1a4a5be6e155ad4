/** baresip, a softphone by others, as a telephone that a program dials and speaks with. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { wavBytes } from '../support/audio.ts';
import { findOnPath } from '../support/find-program.ts';
import { until } from '../support/until.ts';
import { SipTrace } from './sip-trace.ts';
import { PHONE_RATE_HZ, readWav, silence } from './sound.ts';
import type { Sound } from './sound.ts';

const MODULES = [
  '/usr/lib/baresip/modules',
  '/usr/lib/x86_64-linux-gnu/baresip/modules',
  '/usr/lib/aarch64-linux-gnu/baresip/modules',
  '/usr/local/lib/baresip/modules',
];
/** When its source ends baresip hangs up: it is silent for longer than any demo takes. */
const SILENCE_SECONDS = 180;

/** Says what is missing for calls from baresip, or null. */
export function missingForBaresip(): string | null {
  const there = ['baresip', 'stdbuf'].every((name) => findOnPath(name) !== null);
  if (there && modulesFolder() !== undefined) return null;
  return 'no baresip, the softphone that calls: apt-get install baresip';
}

function modulesFolder(): string | undefined {
  return MODULES.find((folder) => existsSync(join(folder, 'sndfile.so')));
}

/** Whether it can do what these of its modules do; Debian has them in several packages. */
export function hasBaresipModules(names: readonly string[]): boolean {
  const folder = modulesFolder();
  return folder !== undefined && names.every((name) => existsSync(join(folder, `${name}.so`)));
}

/** What baresip printed, and when (ms since 1970). */
interface Printed {
  readonly text: string;
  readonly atMs: number;
}

/** What its print-out tells. Moments are ms of `performance.now()`. */
class PrintOut {
  readonly trace: SipTrace;
  version = '';
  /** When the first RTP came to it; null: none yet. */
  rtpAtMs: number | null = null;
  #last = '';

  constructor(sipAddress: string) {
    this.trace = new SipTrace(sipAddress);
  }

  feed({ text, atMs }: Printed): void {
    const at = atMs - performance.timeOrigin;
    this.trace.feed(text, at);
    // Enough of what came before that no word is lost between two pieces.
    this.#last = (this.#last + text).slice(-4000);
    if (this.version === '') this.version = /baresip v?([\d.]+) /.exec(this.#last)?.[1] ?? '';
    if (this.#last.includes('incoming rtp for')) this.rtpAtMs ??= at;
  }
}

export class Baresip {
  readonly printOut: PrintOut;
  /** Where it is called. */
  readonly sipPort: number;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    control: Socket,
    printOut: PrintOut,
    place: { readonly folder: string; readonly sipPort: number },
  ) {
    const { folder, sipPort } = place;
    this.sipPort = sipPort;
    this.#child = child;
    this.#control = control;
    this.printOut = printOut;
    this.#folder = folder;
    control.resume();
    control.on('error', () => undefined);
  }

  /**
   * Starts it with a configuration of its own in `folder`, calling from `number`; it dials nobody yet and is silent.
   * @param account Parameters of its account, such as `;audio_codecs=PCMA/8000/1`.
   * @param settings Further lines of its configuration.
   */
  static async start(
    folder: string,
    number: string,
    account = '',
    settings: readonly string[] = [],
  ): Promise<Baresip> {
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'silence.wav'),
      wavBytes(silence(SILENCE_SECONDS, PHONE_RATE_HZ), PHONE_RATE_HZ),
    );
    await writeFile(join(folder, 'accounts'), `<sip:${number}@127.0.0.1>;regint=0${account}\n`);
    for (let triesLeft = 2; ; triesLeft--) {
      const phone = await Baresip.#tryStart(folder, settings);
      if (phone) return phone;
      if (triesLeft === 0) throw new Error('baresip ends at its start');
    }
  }

  /** Null: it ended at once, as it does when somebody else was quicker to take one of its ports. */
  static async #tryStart(folder: string, settings: readonly string[]): Promise<Baresip | null> {
    const [sipPort, controlPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
    await writeFile(
      join(folder, 'config'),
      [configuration(folder, sipPort, controlPort), ...settings, ''].join('\n'),
    );
    const child = fork(join(import.meta.dirname, 'baresip-watch.mjs'), [folder], { execArgv: [] });
    const printOut = new PrintOut(`127.0.0.1:${sipPort}`);
    child.on('message', (message) => printOut.feed(message as Printed));
    try {
      const control = await until(
        'baresip takes commands',
        async () => (hasEnded(child) ? 'ended' : tryConnect(controlPort)),
        10_000,
      );
      return control === 'ended' ? null : new Baresip(child, control, printOut, { folder, sipPort });
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  dial(uri: string): void {
    this.command('dial', uri);
  }

  /** One key, as an RFC 4733 event. */
  press(key: string): void {
    this.command('sndcode', key);
  }

  /** Speaks a WAV file of 8 kHz from now on, then is silent. */
  async speak(samples: Int16Array): Promise<void> {
    const file = join(this.#folder, 'speech.wav');
    await writeFile(
      file,
      wavBytes(Int16Array.from([...samples, ...silence(SILENCE_SECONDS, PHONE_RATE_HZ)]), PHONE_RATE_HZ),
    );
    this.command('ausrc', `aufile,${file}`);
  }

  hangUp(): void {
    this.command('hangup', '');
  }

  byeAnswered(): boolean {
    const { messages } = this.printOut.trace;
    return messages.some(
      ({ from, title, cseq }) => from === 'gateway' && title === '200 OK' && cseq.endsWith(' BYE'),
    );
  }

  /** Everything it heard so far, as its own module sndfile keeps it: 8 kHz. */
  heard(): Int16Array {
    const { samples, rateHz } = this.recorded();
    if (rateHz !== PHONE_RATE_HZ) throw new Error(`baresip records at ${rateHz} Hz`);
    return samples;
  }

  /** The same at whatever rate its codec has; of two channels the first. */
  recorded(): Sound {
    const file = this.#recording();
    if (file === null) return { samples: new Int16Array(), rateHz: PHONE_RATE_HZ };
    const { samples, rateHz, channels } = readWav(file);
    return { samples: channels === 1 ? samples : samples.filter((_, i) => i % channels === 0), rateHz };
  }

  /** Its length, without reading it. */
  heardSeconds(): number {
    const file = this.#recording();
    return file === null ? 0 : Math.max(0, statSync(file).size - 44) / 2 / PHONE_RATE_HZ;
  }

  async close(): Promise<void> {
    if (!hasEnded(this.#child)) this.command('quit', '');
    await until('baresip ends', () => hasEnded(this.#child), 3000).catch(() => this.#child.kill());
    this.#control.destroy();
  }

  #recording(): string | null {
    const name = readdirSync(this.#folder).find((one) => /^dump-.*-dec\.wav$/.test(one));
    return name === undefined ? null : join(this.#folder, name);
  }

  /** One of its own commands; they go as netstrings with JSON in them. */
  command(command: string, params: string): void {
    const json = JSON.stringify({ command, params });
    this.#control.write(`${Buffer.byteLength(json)}:${json},`);
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function tryConnect(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function configuration(folder: string, sipPort: number, controlPort: number): string {
  const lines = [
    'net_interface 127.0.0.1',
    `sip_listen 127.0.0.1:${sipPort}`,
    `audio_source aufile,${join(folder, 'silence.wav')}`,
    `ausrc_srate ${PHONE_RATE_HZ}`,
    `auplay_srate ${PHONE_RATE_HZ}`,
    'ausrc_channels 1',
    'auplay_channels 1',
    `module_path ${modulesFolder() ?? ''}`,
    // The order of what it offers unless its account says otherwise.
    'module g711.so',
    'module g722.so',
    'module opus.so',
    // Encrypts when its account says so (`mediaenc`).
    'module srtp.so',
    'module aufile.so',
    'module sndfile.so',
    `snd_path ${folder}`,
    'module_app account.so',
    'module_app menu.so',
    'module ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
  ];
  return lines.join('\n');
}
