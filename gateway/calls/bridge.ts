import { randomUUID } from 'node:crypto';
import type { Resolution } from '../../dialplans/types.ts';
import { endReasonOf, LegError, messageOf } from '../errors.ts';
import { maskNumber } from '../observe/mask.ts';
import type {
  CallFacts,
  CallRecord,
  CallView,
  LegStats,
  LiveCall,
  Log,
  MediaLeg,
  OutgoingLeg,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import type { CallDeps } from './call-deps.ts';
import { recordOf } from './report.ts';
import { SilenceWatch } from './silence.ts';
import type { Action, CallEvent } from './types.ts';

export interface BridgeOptions {
  /** The call's own id, and what is known of who calls. */
  readonly call: string;
  readonly caller: CallFacts;
  readonly action: Action<'bridge'>;
  readonly resolution: Resolution;
  readonly deps: Pick<
    CallDeps,
    'callOut' | 'trunk' | 'silenceSeconds' | 'clock' | 'onBridgeChanged' | 'onBridgeEnded'
  >;
  readonly log: Log;
  /** What comes of it, in the words of the call's state. */
  readonly happened: (event: CallEvent) => void;
}

/** A call's other side: a leg that goes out by a trunk. */
export class Bridge {
  /** By which the two legs find each other on their media node; nobody could guess it, no room has it. */
  readonly meetingPoint = `bridge/${randomUUID()}`;
  readonly #options: BridgeOptions;
  readonly #log: Log;
  readonly #startedAt: string;
  readonly #silence: SilenceWatch;
  #leg: OutgoingLeg | null = null;
  #media: MediaLeg | null = null;
  #connected = false;
  #answeredAt: string | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: BridgeOptions) {
    const { deps, action, log } = options;
    this.#options = options;
    this.#log = log.child({ trunk: action.trunk });
    this.#startedAt = this.#now();
    const alive = { isAlive: () => this.#leg?.isAlive() ?? Promise.resolve(false) };
    this.#silence = new SilenceWatch(alive, deps.silenceSeconds * 1000, () => this.#over('peer-unreachable'));
  }

  /** Null: it has no leg, and will have none. */
  get id(): string | null {
    return this.#leg?.id ?? null;
  }

  /** Calls. Never rejects: what comes of it is told. */
  async call(): Promise<void> {
    const { action, caller, deps } = this.#options;
    try {
      const trunk = deps.trunk(action.trunk);
      // The plan may have changed since the call came.
      if (trunk?.to === undefined) throw new LegError('trunk-unavailable', new Error('no such trunk'));
      const leg = deps.callOut({ trunk, number: action.number, from: action.from, caller });
      this.#leg = leg;
      this.#note();
      this.#log.info({ leg: leg.id, to: maskNumber(action.number) }, 'calling out');
      leg.on('ended', (reason) => this.#over(reason));
      leg.on('ringing', () => this.#tell({ type: 'bridge-ringing' }));
      leg.on('early', (media) => void this.#hearEarly(media));
      const media = await leg.call();
      this.#answeredAt = this.#now();
      await this.#connect(media);
      if (this.#ending) return;
      this.#log.info({ leg: leg.id }, 'call out answered');
      this.#note();
      this.#listen(media);
      if (action.dtmf !== null) this.press(action.dtmf);
      this.#tell({ type: 'bridge-answered' });
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Keys for the other side. */
  press(keys: string): void {
    this.#leg
      ?.press(keys)
      .catch((error: unknown) => this.#log.warn({ cause: messageOf(error) }, 'keys not sent'));
  }

  /** Hangs up, or gives up; keeps what is to be known of it. Idempotent. */
  end(reason: EndReason): Promise<void> {
    return (this.#ending ??= this.#end(reason));
  }

  /** As the API shows it; null: nobody is called yet. */
  async view(): Promise<CallView | null> {
    if (!this.#leg || this.#ending) return null;
    const { facts } = this.#leg;
    return {
      id: this.#leg.id,
      state: this.#answeredAt === null ? 'calling' : 'talking',
      direction: 'outbound',
      protocol: facts.protocol,
      from: facts.from.user,
      to: facts.to.user,
      trunk: facts.trunk,
      ...{ room: null, participant: null, role: null, muted: false, noVideo: null },
      startedAt: this.#startedAt,
      answeredAt: this.#answeredAt,
      media: await this.#stats(),
    };
  }

  async #hearEarly(media: MediaLeg): Promise<void> {
    try {
      await this.#connect(media);
      this.#tell({ type: 'bridge-early' });
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Both sides hear each other, as soon as there is something to hear. */
  async #connect(media: MediaLeg): Promise<void> {
    this.#media = media;
    if (this.#connected) return;
    this.#connected = true;
    await Promise.all([media.connect(this.meetingPoint), media.hear('room')]);
  }

  #listen(media: MediaLeg): void {
    media.on('silent', () => this.#silence.begin());
    media.on('heard', () => this.#silence.end());
    media.on('failed', (reason) => this.#over(reason));
    media.on('lost', () => this.#over('media-lost'));
  }

  #over(reason: EndReason): void {
    this.#tell(
      this.#answeredAt === null ? { type: 'bridge-failed', reason } : { type: 'bridge-over', reason },
    );
    void this.end(reason);
  }

  #failed(error: unknown): void {
    if (this.#ending) return;
    const reason = endReasonOf(error);
    this.#log.info({ reason, cause: messageOf(error) }, 'call out failed');
    this.#over(reason);
  }

  #tell(event: CallEvent): void {
    if (!this.#ending) this.#options.happened(event);
  }

  async #end(reason: EndReason): Promise<void> {
    this.#silence.close();
    const endedAt = this.#now();
    // Asked for before the leg is closed.
    const stats = this.#stats();
    await this.#leg?.end(reason);
    if (this.#leg) this.#options.deps.onBridgeEnded(this.#record(reason, endedAt, await stats));
  }

  #note(): void {
    if (!this.#leg) return;
    const {
      endedAt: _at,
      endReason: _reason,
      media: _media,
      ...live
    } = this.#record('gateway-lost', '', null);
    const call: LiveCall = { ...live, dialog: this.#leg.dialog };
    this.#options.deps.onBridgeChanged(call);
  }

  #record(reason: EndReason, endedAt: string, media: LegStats | null): CallRecord {
    const { call, resolution, action, caller } = this.#options;
    const { id = call, facts = caller } = this.#leg ?? {};
    const snapshot = {
      ...{ id, facts, resolution, media, startedAt: this.#startedAt, answeredAt: this.#answeredAt },
      ...{ room: null, participant: null, noVideo: null, steps: [] },
    };
    return {
      ...recordOf(snapshot, reason, endedAt),
      direction: 'outbound',
      origin: null,
      routedFrom: facts.from.user,
      routedTo: action.number,
      // Why it was called is in the trace of the call that it belongs to.
      trace: { bridgedWith: call },
    };
  }

  #stats(): Promise<LegStats | null> {
    return this.#media?.stats().catch(() => null) ?? Promise.resolve(null);
  }

  #now(): string {
    return new Date(this.#options.deps.clock.nowMs()).toISOString();
  }
}
