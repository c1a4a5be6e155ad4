/**
 * A real FreeSWITCH with the very configuration of deploy/freeswitch, on free ports of loopback: only vars.xml is
 * another. `FREESWITCH_BIN` names the program, else it is looked for on PATH.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { withEsl } from '../../gateway/mixing/esl.ts';
import { findFreeSwitch } from './find-freeswitch.ts';
import { until } from './until.ts';

export { missingForFreeSwitch } from './find-freeswitch.ts';

const configuration = fileURLToPath(new URL('../../deploy/freeswitch', import.meta.url));
const secret = 'open sesame for mixers';

export interface TestFreeSwitch {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly pid: number;
  readonly folder: string;
  kill(signal: NodeJS.Signals): void;
  /** What it logged so far. */
  log(): string;
  /** An event socket command, by a connection of its own. */
  api(command: string): Promise<string>;
  /** SIGTERM, then SIGKILL; idempotent. */
  close(): Promise<void>;
}

/** RTP ports of each one that a test starts; a test process has few. */
let nextRtpPort = 36_000 + 2 * Math.floor(Math.random() * 1000);

/**
 * @param vars of vars.xml
 * @param change what is to be another in its folder of configuration
 */
export async function startFreeSwitch(
  vars: Readonly<Partial<Record<string, string>>> = {},
  change?: (folder: string) => void,
): Promise<TestFreeSwitch> {
  const program = findFreeSwitch();
  if (program === null) throw new Error('no freeswitch');
  const folder = mkdtempSync(join(tmpdir(), 'freeswitch-'));
  cpSync(configuration, join(folder, 'conf'), { recursive: true });
  change?.(join(folder, 'conf'));
  for (const name of ['log', 'run', 'db', 'rec']) mkdirSync(join(folder, name));
  const port = vars.esl_port === undefined ? await freePort('127.0.0.1') : Number(vars.esl_port);
  const rtpPort = nextRtpPort;
  nextRtpPort += 400;
  setVars(join(folder, 'conf/vars.xml'), {
    esl_secret: secret,
    sip_port: String(await freePort('127.0.0.1')),
    rtp_start: String(rtpPort),
    rtp_end: String(rtpPort + 399),
    ...vars,
    esl_port: String(port),
  });
  const child = spawn(program, programArguments(folder), { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const place = { host: '127.0.0.1', port, secret };
  const log = (): string => readFileSync(join(folder, 'log/freeswitch.log'), 'utf8');
  await until(
    'FreeSWITCH is up',
    () => {
      if (isOver()) throw new Error(`FreeSWITCH ended at its start: ${log()}`);
      return withEsl(place, ({ api }) => api('status')).then(
        () => true,
        () => false,
      );
    },
    30_000,
  );
  return {
    ...place,
    pid: child.pid ?? 0,
    folder,
    kill: (signal) => child.kill(signal),
    log,
    api: (command) => withEsl(place, ({ api }) => api(command)),
    async close() {
      if (!isOver()) {
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const killer = setTimeout(() => child.kill('SIGKILL'), 4000);
        await exited;
        clearTimeout(killer);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function setVars(path: string, vars: Readonly<Partial<Record<string, string>>>): void {
  let text = readFileSync(path, 'utf8');
  for (const [name, value] of Object.entries(vars)) {
    const line = new RegExp(`data="${name}=[^"]*"`);
    if (!line.test(text)) throw new Error(`vars.xml has no ${name}`);
    text = text.replace(line, () => `data="${name}=${value ?? ''}"`);
  }
  writeFileSync(path, text);
}

function programArguments(folder: string): string[] {
  const folders = {
    conf: 'conf',
    log: 'log',
    run: 'run',
    db: 'db',
    cache: 'db',
    recordings: 'rec',
    sounds: 'rec',
  };
  return [
    // In the foreground, without console, UPnP and calibration of timers, at the tests' priority.
    ...['-nf', '-nc', '-nonat', '-nocal', '-np'],
    ...Object.entries(folders).flatMap(([option, name]) => [`-${option}`, join(folder, name)]),
  ];
}
