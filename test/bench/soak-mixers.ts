/** The FreeSWITCHes of a soak with `MIXING=freeswitch`: one of them is killed now and then, and comes back. */
import { startFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';

/** So that whoever loses one finds another. */
const count = 2;

export class SoakMixers {
  readonly #running: TestFreeSwitch[];
  #turn = 0;
  #returning: Promise<unknown> = Promise.resolve();

  private constructor(running: TestFreeSwitch[]) {
    this.#running = running;
  }

  static async start(): Promise<SoakMixers> {
    return new SoakMixers(await Promise.all(Array.from({ length: count }, () => startFreeSwitch())));
  }

  /** Of the gateway. */
  get options(): Readonly<Record<string, string>> {
    return {
      'mixing.engine': 'freeswitch',
      'freeswitch.host': this.#running.map(({ host, port }) => `${host}:${port}`).join(','),
      'freeswitch.secret': this.#running[0].secret,
    };
  }

  /** As a crash would; another one each time. It is started again at once, at the same place. */
  killOne(): void {
    const at = this.#turn++ % count;
    const dying = this.#running[at];
    dying.kill('SIGKILL');
    this.#returning = dying
      .close()
      .then(() => startFreeSwitch({ esl_port: String(dying.port) }))
      .then((next) => (this.#running[at] = next));
    // Whoever waits for it is told.
    this.#returning.catch(() => undefined);
  }

  /** Channels and conferences that FreeSWITCH still has. */
  async left(): Promise<number> {
    await this.#returning;
    const each = this.#running.map(async (one) => {
      const channels = /^(\d+) total/m.exec(await one.api('show channels count'))?.[1];
      const conferences = (await one.api('conference list summary')).match(/^\+OK Conference/gm);
      return Number(channels) + (conferences?.length ?? 0);
    });
    return (await Promise.all(each)).reduce((sum, one) => sum + one, 0);
  }

  async close(): Promise<void> {
    await this.#returning.catch(() => undefined);
    await Promise.all(this.#running.map((one) => one.close()));
  }
}
