import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Deed, FromAdmin, ToAdmin } from './admin-side.ts';
import type { AdminDoor } from './large-plans.ts';

/** An admin with a large plan, one deed at a time. */
export class Admin {
  readonly #child: ChildProcess;

  constructor(door: AdminDoor, rules: number) {
    this.#child = fork(fileURLToPath(new URL('./admin-side.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#tell({ door, rules });
  }

  /** How long it took, ms. */
  async does(deed: Deed): Promise<number> {
    const answered = once(this.#child, 'message') as Promise<[FromAdmin]>;
    this.#tell({ deed });
    const [answer] = await answered;
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.tookMs;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  #tell(message: ToAdmin): void {
    this.#child.send(message);
  }
}
