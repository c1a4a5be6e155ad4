import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { SipUa } from './sip-ua.ts';

/** Says what is missing, or null. */
export const missingForKamailio =
  spawnSync('kamailio', ['-v']).error === undefined ? null : 'kamailio is not installed';

export interface Proxy {
  readonly port: number;
  close(): Promise<void>;
}

/** A record-routing kamailio that sends all calls to `target`, a SIP URI. */
export async function startKamailio(target: string): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'kamailio-'));
  const port = await freePort('127.0.0.1');
  const child = spawn(
    'kamailio',
    [
      ...[
        '-f',
        fileURLToPath(new URL('../interop/kamailio.cfg', import.meta.url)),
        '-DD',
        '-E',
        '-Y',
        folder,
      ],
      ...['-A', 'ADDRESS=127.0.0.1', '-A', `PROXY_PORT=${port}`, '-A', `TO_GATEWAY="${target}"`],
      ...['-m', '16', '-M', '4'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  child.stderr.on('data', (chunk) => (words = `${words}${String(chunk)}`.slice(-4000)));
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(port);
  } catch (error) {
    await close();
    throw new Error(`kamailio does not answer: ${words}`, { cause: error });
  }
  return { port, close };
}

/** A request with no hops left gets the proxy's own answer. */
async function answers(port: number): Promise<void> {
  const ua = await SipUa.open({ serverPort: port });
  try {
    for (let tries = 1; ; tries++) {
      const via = ua.via();
      const [from, to] = [`<sip:test@127.0.0.1>;tag=${tries}`, '<sip:nobody@127.0.0.1>'];
      const facts = { callId: `start-${tries}`, from, to, cseq: 1, via };
      const text = ua.format('OPTIONS', 'sip:nobody@127.0.0.1', facts, {});
      ua.send(text.replace('Max-Forwards: 70', 'Max-Forwards: 0'));
      const answer = await ua.nextFinal('OPTIONS', 500).catch(() => null);
      if (answer) return;
      if (tries === 30) throw new Error('30 tries');
    }
  } finally {
    await ua.close();
  }
}
