import type { FreeSwitchServer } from './server.ts';

/** With less than this of its CPU idle a FreeSWITCH is as good as full. */
const busyBelowPercent = 10;

/** Which FreeSWITCH mixes what: a room is never split, and stays where it is until nobody is in it. */
export class MixingPool {
  readonly servers: readonly FreeSwitchServer[];
  readonly #pins = new Map<string, { readonly server: FreeSwitchServer; users: number }>();

  constructor(servers: readonly FreeSwitchServer[]) {
    this.servers = servers;
  }

  /** How many rooms a FreeSWITCH has. */
  rooms(server: FreeSwitchServer): number {
    return [...this.#pins.values()].filter((pin) => pin.server === server).length;
  }

  get isUp(): boolean {
    return this.servers.some(({ state }) => state === 'up');
  }

  /**
   * For an endpoint that opens with this conference, or none. Null: there is no FreeSWITCH. A drained one takes
   * somebody only while no other is there.
   */
  choose(conference: string | null): FreeSwitchServer | null {
    const pinned = conference === null ? undefined : this.#pins.get(conference)?.server;
    if (pinned?.state === 'up') return pinned;
    const up = this.servers.filter(({ state }) => state === 'up');
    const open = up.filter(({ draining }) => !draining);
    const roomy = open.filter((server) => !isFull(server));
    const candidates = roomy.length > 0 ? roomy : open.length > 0 ? open : up;
    const [lightest = null] = candidates.toSorted((a, b) => a.weight - b.weight);
    return lightest;
  }

  /** Whether somebody who sits at a FreeSWITCH may enter a conference there; counted until `leave`. */
  enter(conference: string, server: FreeSwitchServer): boolean {
    const pin = this.#pins.get(conference);
    if (pin && pin.server.state === 'up') {
      if (pin.server !== server) return false;
      pin.users += 1;
      return true;
    }
    if (server.draining && this.choose(conference) !== server) return false;
    this.#pins.set(conference, { server, users: 1 });
    return true;
  }

  /** Where it is mixed; null: nowhere. */
  serverOf(conference: string): FreeSwitchServer | null {
    return this.#pins.get(conference)?.server ?? null;
  }

  leave(conference: string, server: FreeSwitchServer): void {
    const pin = this.#pins.get(conference);
    if (pin?.server !== server) return;
    pin.users -= 1;
    if (pin.users === 0) this.#pins.delete(conference);
  }
}

function isFull({ load }: FreeSwitchServer): boolean {
  if (!load) return false;
  return load.idleCpuPercent < busyBelowPercent || load.channels >= load.maxChannels;
}
