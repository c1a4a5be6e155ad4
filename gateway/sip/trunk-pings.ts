import type { Log, Trunk, TrunkState } from '../ports.ts';
import { within } from './deadline.ts';
import type { SipStack } from './srf.ts';

export interface TrunkPingOptions {
  /** The trunks of the plan as it is now. */
  readonly trunks: () => readonly Trunk[];
  /** By whom a ping can be sent now; null: without a server nothing is known of any trunk. */
  readonly stack: () => Pick<SipStack, 'request'> | null;
  /** How long a trunk may take to answer, ms. */
  readonly answerMs: number;
  readonly log: Log;
}

interface Pinged {
  readonly uri: string;
  /** Monotonic ms; null: not yet. */
  askedMs: number | null;
  asking: boolean;
  /** Null: not known yet. */
  up: boolean | null;
}

/** How often is looked which trunks are due; a changed plan counts as soon. */
const lookEveryMs = 1000;

/**
 * Asks trunks by OPTIONS whether they are there (RFC 3261 §11). Any final answer says so, but 408 and 503: these are
 * also what the stack itself says of a peer that it can't reach (§8.1.3.1), and 503 is a trunk that takes no calls.
 */
export class TrunkPings {
  readonly #options: TrunkPingOptions;
  readonly #trunks = new Map<string, Pinged>();
  readonly #closed = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TrunkPingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#look();
  }

  /** Those that have answered, or have not. */
  states(): readonly TrunkState[] {
    if (this.#options.stack() === null) return [];
    return [...this.#trunks].flatMap(([trunk, { up }]) => (up === null ? [] : [{ trunk, up }]));
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#closed.abort();
    this.#trunks.clear();
  }

  #look(): void {
    const wanted = this.#options.trunks().flatMap(({ name, ping }) => (ping ? [{ name, ping }] : []));
    const names = new Set(wanted.map(({ name }) => name));
    for (const name of this.#trunks.keys()) if (!names.has(name)) this.#trunks.delete(name);
    const nowMs = performance.now();
    const stack = this.#options.stack();
    for (const { name, ping } of wanted) {
      let pinged = this.#trunks.get(name);
      if (pinged?.uri !== ping.uri) {
        pinged = { uri: ping.uri, askedMs: null, asking: false, up: null };
        this.#trunks.set(name, pinged);
      }
      // As often as the plan has it now.
      const due = pinged.askedMs === null || pinged.askedMs + ping.everySeconds * 1000 <= nowMs;
      if (pinged.asking || !due || stack === null) continue;
      pinged.askedMs = nowMs;
      void this.#ask(name, pinged, stack);
    }
  }

  async #ask(name: string, pinged: Pinged, by: Pick<SipStack, 'request'>): Promise<void> {
    const { stack, answerMs, log } = this.#options;
    pinged.asking = true;
    const status = await within<number | null>(answerMs, this.#closed.signal, (settle) =>
      by.request(pinged.uri, { method: 'OPTIONS', headers: { Accept: 'application/sdp' } }, settle),
    );
    pinged.asking = false;
    // The plan has changed, or what is missing is our own server.
    if (this.#trunks.get(name) !== pinged || stack() !== by) return;
    const up = status !== null && status !== 408 && status !== 503;
    if (up === pinged.up) return;
    pinged.up = up;
    if (up) log.info({ trunk: name, status }, 'trunk answers');
    else log.warn({ trunk: name, status }, 'trunk does not answer');
  }
}
