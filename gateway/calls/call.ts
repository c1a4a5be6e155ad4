import type { RoomView } from '../../dialplans/types.ts';
import { endReasonOf, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { maskUser } from '../observe/mask.ts';
import type { CallView, Leg, Log, OwnPicture, Refusal } from '../ports.ts';
import type { PromptId } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallDeps } from './call-deps.ts';
import { CallEvents } from './call-events.ts';
import { CallerSide } from './caller-side.ts';
import { Enquiries } from './enquiries.ts';
import { Journal } from './journal.ts';
import { OtherSide } from './other-side.ts';
import { recordOf, shownState, viewOf } from './report.ts';
import type { CallSnapshot } from './report.ts';
import { RoomSide } from './room-side.ts';
import type { Routing } from './routing.ts';
import { step } from './state.ts';
import { Timers } from './timers.ts';
import type { CallEvent, CallRules, CallState, Effect, Enquiry } from './types.ts';

/** Longer than a BYE that nobody answers; what a hung part still holds then is its own to free. */
const endMs = 15_000;

/** One visit: feeds what happens to the pure state and does what the state says. */
export class Call {
  readonly id: string;
  readonly #deps: CallDeps;
  readonly #leg: Leg;
  readonly #enquiries: Enquiries;
  readonly #caller: CallerSide;
  readonly #other: OtherSide;
  readonly #place: RoomSide;
  readonly #journal: Journal;
  readonly #log: Log;
  readonly #timers: Timers;
  readonly #told: CallEvents;
  readonly #over = new AbortController();
  #rules: CallRules;
  #ownPicture: OwnPicture;
  #state: CallState = { name: 'arriving' };
  #ended: Promise<void> | null = null;

  constructor(leg: Leg, routing: Routing, deps: CallDeps) {
    this.id = leg.id;
    this.#leg = leg;
    this.#deps = deps;
    this.#rules = deps.rules;
    this.#ownPicture = deps.ownPicture;
    this.#told = new CallEvents(deps.events);
    this.#timers = new Timers((timer) => this.#happened({ type: 'timer', timer }));
    this.#log = deps.log.child({ call: leg.id, from: maskUser(leg.facts.from.user) });
    this.#enquiries = new Enquiries({ leg, routing, deps, log: this.#log, over: this.#over.signal });
    const shared = {
      ...{ leg, deps, log: this.#log },
      resolution: () => this.#enquiries.resolution,
      happened: (event: CallEvent) => this.#happened(event),
    };
    this.#caller = new CallerSide({
      ...shared,
      voice: () => this.#enquiries.voice,
      ownPicture: () => this.#ownPicture,
      over: this.#over.signal,
      failed: this.#failed.bind(this),
    });
    this.#other = new OtherSide({ ...shared, call: leg.id, caller: leg.facts });
    this.#place = new RoomSide({ ...shared, failed: this.#failed.bind(this) });
    const { clock, onChanged } = deps;
    this.#journal = new Journal({ ...shared, clock, onChanged, place: this.#place });
  }

  /** Does what the plan says. */
  begin(): void {
    this.#journal.tell();
    this.#leg.on('ended', (reason) => this.#happened({ type: 'stop', reason, words: null }));
    this.#happened({ type: 'arrived', action: this.#enquiries.resolution.route.action });
  }

  /** Ends the call; with words when the caller shall hear why. */
  stop(reason: EndReason, words: PromptId | null): void {
    this.#happened({ type: 'stop', reason, words });
  }

  /** Resolves when everything of the call is gone. */
  async over(): Promise<void> {
    await this.#ended;
  }

  /** False: the caller is in no room. */
  setMuted(muted: boolean): boolean {
    if (this.#state.name !== 'in-room') return false;
    this.#happened({ type: 'mute', muted });
    return true;
  }

  get state(): string {
    return shownState(this.#state);
  }

  /** What is known of it now, without its media. */
  snapshot(): CallSnapshot {
    return this.#journal.snapshot(null);
  }

  /** Of the caller, and of the other side while there is one. */
  async views(): Promise<readonly CallView[]> {
    const [stats, other] = await Promise.all([this.#caller.media?.stats(), this.#other.view()]);
    const own = viewOf(this.#journal.snapshot(stats ?? null), this.#state, this.#place.role);
    return other === null ? [own] : [own, other];
  }

  /** Of the other side; null: there is none. */
  get otherId(): string | null {
    return this.#other.id;
  }

  #answered(): void {
    this.#journal.answered();
    this.#log.info({ rule: this.#enquiries.resolution.route.rule }, 'call answered');
    this.#told.answered(this.snapshot());
  }

  #happened(event: CallEvent): void {
    const before = this.#state.name;
    const { state, effects } = step(this.#state, event, this.#place.company, this.#rules);
    this.#state = state;
    if (state.name !== before) this.#log.debug({ state: state.name }, 'call moved on');
    // A screen hides the room before it is left, and goes when the room is there: nothing empty is seen between them.
    if (state.name !== 'in-room') this.#caller.media?.show(state);
    for (const effect of effects) this.#do(effect);
    this.#caller.media?.show(this.#state);
    if (this.#state.name !== 'ended') this.#journal.tell();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case 'play':
      case 'hear':
      case 'mute':
        this.#caller.media?.do(effect);
        return;
      case 'connect':
        this.#caller.media?.connect(effect.connected ? this.#other.meetingPoint : null);
        return;
      case 'bridge':
        if (this.#caller.canBeAnswered()) this.#other.do(effect);
        return;
      case 'press':
      case 'hang-up':
        this.#other.do(effect);
        return;
      case 'start-timer':
        this.#timers.start(effect.timer, effect.seconds);
        return;
      case 'stop-timer':
        this.#timers.stop(effect.timer);
        return;
      case 'speak':
        this.#enquiries.chosenLanguage = effect.language;
        this.#caller.media?.speak(this.#enquiries.voice);
        return;
      case 'see':
        this.#see(effect.view);
        return;
      case 'note':
        this.#journal.add(effect.step);
        return;
      case 'watch':
        if (this.#caller.media) this.#place.watch(effect.room, this.#caller.media.media);
        return;
      case 'join':
        void this.#place.join(effect.destination, () =>
          this.#told.joined(this.snapshot(), effect.destination.role),
        );
        return;
      case 'end':
        this.#ended ??= this.#end(effect.reason, effect.refusal);
        return;
      case 'ring':
        this.#caller.ring();
        return;
      case 'hear-early':
        void this.#caller.hearEarly();
        return;
      case 'answer':
        void this.#caller.answer(() => this.#answered());
        return;
      default:
        void this.#ask(effect);
    }
  }

  /** What takes its time or somebody else's word. */
  async #ask(enquiry: Enquiry): Promise<void> {
    try {
      const event = await this.#enquiries.ask(enquiry);
      if (this.#over.signal.aborted) return;
      this.#caller.media?.speak(this.#enquiries.voice);
      this.#happened(event);
    } catch (error) {
      const reason = endReasonOf(error);
      const words = reason === 'database-unavailable' ? 'meetings-unavailable' : 'internal-error';
      this.#failed(error, 'call could not go on', reason, words);
    }
  }

  #see({ layout, ownPicture }: RoomView): void {
    this.#rules = { ...this.#rules, layout: layout ?? this.#deps.rules.layout };
    this.#ownPicture = ownPicture ?? this.#deps.ownPicture;
    this.#caller.media?.setOwnPicture(this.#ownPicture);
  }

  #failed(error: unknown, sentence: string, reason: EndReason, words: PromptId | null): void {
    // What fails because the call is over is no failure.
    if (this.#over.signal.aborted) return;
    this.#log.warn({ cause: messageOf(error), reason }, sentence);
    this.stop(reason, words);
  }

  async #end(reason: EndReason, refusal: Refusal | null): Promise<void> {
    this.#over.abort();
    this.#timers.stopAll();
    this.#caller.media?.close();
    // Who hangs up with the very ACK was answered all the same, and is charged for it.
    if (reason === 'caller-hung-up' && this.#leg.dialog !== null) this.#journal.answered();
    const endedAt = this.#journal.now();
    // Asked for before the leg is closed, but a node that does not answer holds up no BYE.
    const stats = this.#caller.media?.stats();
    const cleared = Promise.allSettled([
      this.#place.end(),
      this.#other.end(reason),
      this.#leg.end(reason, refusal),
    ]);
    const measured = await inTime(
      endMs,
      reason,
      cleared.then(async () => (await stats) ?? null),
    ).catch(() => {
      this.#log.warn({ reason }, 'call ended, but a part of it does not let go');
      return null;
    });
    this.#log.info({ reason }, 'call ended');
    this.#told.left();
    this.#deps.onEnded(recordOf(this.#journal.snapshot(measured), reason, endedAt));
  }
}
