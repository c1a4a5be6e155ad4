/** The kernel's own bad network (`tc netem`), in a namespace that only what is sent on purpose goes through. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** On this machine, and in the namespace: from 198.18.0.0/15, which is for tests of networks (RFC 2544). */
export const nearAddress = '198.18.71.1';
const farAddress = '198.18.71.2';
const hopPort = 40_000;

function run(...command: readonly string[]): boolean {
  return spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
}

function must(...command: readonly string[]): void {
  if (!run(...command)) throw new Error(`failed: ${command.join(' ')}`);
}

/** What keeps `BadNetwork` from working here; null: nothing. */
export function missingForBadNetwork(): string | null {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `gw-probe-${process.pid}`;
  if (!run('ip', 'netns', 'add', probe)) return 'ip can make no network namespace';
  const has = run(
    'ip',
    'netns',
    'exec',
    probe,
    'tc',
    'qdisc',
    'add',
    'dev',
    'lo',
    'root',
    'netem',
    'delay',
    '1ms',
  );
  run('ip', 'netns', 'del', probe);
  return has ? null : 'the kernel has no sch_netem';
}

/** A hop whose packets onwards are harmed; send to `address` and `port`. */
export class BadNetwork {
  readonly address = farAddress;
  readonly port = hopPort;
  readonly #name = `gw-bad-${process.pid}`;
  #hop: ChildProcess | null = null;

  /** `netem`: as for `tc qdisc add … netem`. */
  open(netem: readonly string[]): void {
    const name = this.#name;
    const inside = ['ip', 'netns', 'exec', name];
    must('ip', 'netns', 'add', name);
    must('ip', 'link', 'add', 'gwnear', 'type', 'veth', 'peer', 'name', 'gwfar', 'netns', name);
    must('ip', 'address', 'add', `${nearAddress}/30`, 'dev', 'gwnear');
    must('ip', 'link', 'set', 'gwnear', 'up');
    must(...inside, 'ip', 'address', 'add', `${farAddress}/30`, 'dev', 'gwfar');
    must(...inside, 'ip', 'link', 'set', 'gwfar', 'up');
    must(...inside, 'tc', 'qdisc', 'add', 'dev', 'gwfar', 'root', ...netem);
  }

  /** From now on what comes to the hop goes on to that port of ours. */
  async leadTo(port: number): Promise<void> {
    const script = fileURLToPath(new URL('udp-hop.ts', import.meta.url));
    const args = [process.execPath, '--import', 'tsx', script, farAddress, String(hopPort), nearAddress];
    this.#hop = spawn('ip', ['netns', 'exec', this.#name, ...args, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#hop.stdout) await once(this.#hop.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  }

  async close(): Promise<void> {
    const hop = this.#hop;
    if (hop?.exitCode === null && hop.kill()) await once(hop, 'exit');
    run('ip', 'netns', 'del', this.#name);
    // Where the namespace was never made.
    run('ip', 'link', 'del', 'gwnear');
  }
}
