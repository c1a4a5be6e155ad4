/** A gateway's SIP side over servers that a test names, with a media node that only remembers. */
import type { DialogPlace, Edge, Leg } from '../../gateway/ports.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import type { SipEdgeOptions } from '../../gateway/sip/sip-edge.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import { offer } from './legs.ts';
import { PlainCaller } from './plain-caller.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { until } from './until.ts';

/** One call that talks: the phone, and the leg that came of it. */
export interface Talking {
  readonly caller: PlainCaller;
  readonly leg: Leg;
  /** Where its dialog is. */
  readonly place: DialogPlace;
  readonly ended: Promise<EndReason>;
}

export class SipSide {
  readonly media = new FakeMediaNode();
  readonly log: LogLine[] = [];
  readonly edge: Edge;
  readonly #callers: PlainCaller[] = [];
  #arrived: (leg: Leg) => void = (leg) => void leg.end('no-route');

  constructor(options: Pick<SipEdgeOptions, 'servers'> & Partial<SipEdgeOptions>) {
    const { limits, ...more } = options;
    this.edge = createSipEdge({
      embedded: null,
      media: this.media,
      trunks: { findTrunk: () => null },
      publicAddresses: [],
      codecs: ['PCMU', 'PCMA'],
      log: quietLog(this.log),
      limits: { connectMs: 3000, hangUpMs: 700, aliveMs: 1000, ...limits },
      ...more,
    });
  }

  static async start(options: Pick<SipEdgeOptions, 'servers'> & Partial<SipEdgeOptions>): Promise<SipSide> {
    const side = new SipSide(options);
    await side.edge.start(
      (leg) => side.#arrived(leg),
      () => undefined,
    );
    return side;
  }

  /** `up` or `down`, in the order of the servers. */
  states(): string[] {
    return this.edge.servers().map(({ state }) => state);
  }

  async phone(sipPort: number): Promise<PlainCaller> {
    const caller = await PlainCaller.open(sipPort);
    this.#callers.push(caller);
    return caller;
  }

  /** A call by the server there, as soon as it asks us: a server welcomes us a moment before it knows our routes. */
  async talk(sipPort: number): Promise<Talking> {
    await this.takesCalls(sipPort);
    const caller = await this.phone(sipPort);
    const coming = new Promise<Leg>((resolve) => (this.#arrived = resolve));
    caller.send('INVITE', { body: offer() });
    const leg = await coming;
    this.#arrived = (next) => void next.end('no-route');
    const answered = leg.answer();
    await caller.final('INVITE');
    caller.send('ACK');
    await answered;
    const ended = new Promise<EndReason>((resolve) => leg.on('ended', resolve));
    if (!leg.dialog) throw new Error('an answered leg has no dialog');
    return { caller, leg, place: leg.dialog, ended };
  }

  /** Resolves when a call by that server reaches this gateway; it is refused with 404. */
  async takesCalls(sipPort: number): Promise<void> {
    await until(
      'a call gets through',
      async () => {
        const caller = await PlainCaller.open(sipPort);
        try {
          caller.send('INVITE', { body: offer() });
          return (await caller.final('INVITE')).status === 404;
        } finally {
          await caller.close();
        }
      },
      15_000,
    );
  }

  async close(): Promise<void> {
    await this.edge.close();
    for (const caller of this.#callers) await caller.close();
  }
}
