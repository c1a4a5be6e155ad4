import type { RoomView } from '../../dialplans/types.ts';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { maskUser } from '../observe/mask.ts';
import type { CallView, IvrStep, Leg, LegStats, Log, MediaLeg, OwnPicture, Refusal, Role } from '../ports.ts';
import type { PromptId } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallDeps } from './call-deps.ts';
import { CallMedia } from './call-media.ts';
import { CallEvents } from './call-events.ts';
import { callerName } from './caller-name.ts';
import { Enquiries } from './enquiries.ts';
import { OtherSide } from './other-side.ts';
import { liveOf, recordOf, shownState, viewOf } from './report.ts';
import type { CallSnapshot } from './report.ts';
import { MeetingsUnavailable } from '../rooms/errors.ts';
import type { Routing } from './routing.ts';
import { step } from './state.ts';
import { Timers } from './timers.ts';
import type { CallEvent, CallRules, CallState, Destination, Effect, Enquiry } from './types.ts';
import { Visit } from './visit.ts';

/** Longer than a BYE that nobody answers; what a hung part still holds then is its own to free. */
const endMs = 15_000;

/** A caller who is led round in circles leaves no endless record. */
const mostSteps = 100;

/** One visit: feeds what happens to the pure state and does what the state says. */
export class Call {
  readonly id: string;
  readonly #deps: CallDeps;
  readonly #leg: Leg;
  readonly #enquiries: Enquiries;
  readonly #other: OtherSide;
  readonly #log: Log;
  readonly #startedAt: string;
  readonly #timers: Timers;
  readonly #told: CallEvents;
  readonly #over = new AbortController();
  readonly #steps: IvrStep[] = [];
  #rules: CallRules;
  #ownPicture: OwnPicture;
  #state: CallState = { name: 'arriving' };
  #ringing: Promise<void> | null = null;
  #answeredAt: string | null = null;
  #media: CallMedia | null = null;
  #visit: Visit | null = null;
  #role: Role | null = null;
  #ended: Promise<void> | null = null;
  /** What `onChanged` was last told. */
  #noted = '';

  constructor(leg: Leg, routing: Routing, deps: CallDeps) {
    this.id = leg.id;
    this.#leg = leg;
    this.#deps = deps;
    this.#rules = deps.rules;
    this.#ownPicture = deps.ownPicture;
    this.#startedAt = new Date(deps.clock.nowMs()).toISOString();
    this.#told = new CallEvents(deps.events);
    this.#timers = new Timers((timer) => this.#happened({ type: 'timer', timer }));
    this.#log = deps.log.child({ call: leg.id, from: maskUser(leg.facts.from.user) });
    this.#enquiries = new Enquiries({ leg, routing, deps, log: this.#log, over: this.#over.signal });
    this.#other = new OtherSide({
      call: leg.id,
      caller: leg.facts,
      resolution: () => this.#enquiries.resolution,
      deps,
      log: this.#log,
      happened: (event) => this.#happened(event),
    });
  }

  /** Does what the plan says. */
  begin(): void {
    this.#note();
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
    return this.#snapshot(null);
  }

  /** Of the caller, and of the other side while there is one. */
  async views(): Promise<readonly CallView[]> {
    const [stats, other] = await Promise.all([this.#stats(), this.#other.view()]);
    const own = viewOf(this.#snapshot(stats), this.#state, this.#role);
    return other === null ? [own] : [own, other];
  }

  /** Of the other side; null: there is none. */
  get otherId(): string | null {
    return this.#other.id;
  }

  async #answer(): Promise<void> {
    try {
      await this.#ring();
      const media = await this.#leg.answer();
      if (this.#over.signal.aborted) return;
      this.#media = this.#open(media);
      this.#answeredAt = this.#now();
      this.#log.info({ rule: this.#enquiries.resolution.route.rule }, 'call answered');
      this.#told.answered(this.#snapshot(null));
      this.#happened({ type: 'answered' });
      // Only now: digits that were typed ahead count for what the caller is asked first.
      this.#media.listen();
    } catch (error) {
      this.#notAnswered(error);
    }
  }

  #ring(): Promise<void> {
    return (this.#ringing ??= this.#leg.ring());
  }

  #notAnswered(error: unknown): void {
    this.#failed(error, 'call not answered', reasonOf(error), null);
  }

  #open(media: MediaLeg): CallMedia {
    const { prompts, silenceSeconds, clock } = this.#deps;
    return new CallMedia({
      leg: this.#leg,
      media,
      prompts,
      voice: this.#enquiries.voice,
      ownPicture: this.#ownPicture,
      silenceSeconds,
      clock,
      log: this.#log,
      happened: (event) => this.#happened(event),
      failed: (error) => this.#failed(error, 'media command failed', 'media-lost', null),
    });
  }

  #happened(event: CallEvent): void {
    const before = this.#state.name;
    const company = this.#visit?.company ?? { others: 0, hostPresent: false };
    const { state, effects } = step(this.#state, event, company, this.#rules);
    this.#state = state;
    if (state.name !== before) this.#log.debug({ state: state.name }, 'call moved on');
    // A screen hides the room before it is left, and goes when the room is there: nothing empty is seen between them.
    if (state.name !== 'in-room') this.#media?.show(state);
    for (const effect of effects) this.#do(effect);
    this.#media?.show(this.#state);
    this.#note();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case 'play':
      case 'hear':
      case 'mute':
        this.#media?.do(effect);
        return;
      case 'connect':
        this.#media?.connect(effect.connected ? this.#other.meetingPoint : null);
        return;
      case 'bridge':
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
        this.#media?.speak(this.#enquiries.voice);
        return;
      case 'see':
        this.#see(effect.view);
        return;
      case 'note':
        if (this.#steps.length < mostSteps) this.#steps.push({ at: this.#now(), ...effect.step });
        return;
      case 'watch':
        this.#watch(effect.room);
        return;
      case 'join':
        void this.#join(effect.destination);
        return;
      case 'end':
        this.#ended ??= this.#end(effect.reason, effect.refusal);
        return;
      case 'ring':
        this.#ring().catch((error: unknown) => this.#notAnswered(error));
        return;
      case 'answer':
        void this.#answer();
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
      this.#media?.speak(this.#enquiries.voice);
      this.#happened(event);
    } catch (error) {
      this.#failed(error, 'call could not go on', reasonOf(error), 'internal-error');
    }
  }

  #see({ layout, ownPicture }: RoomView): void {
    this.#rules = { ...this.#rules, layout: layout ?? this.#deps.rules.layout };
    this.#ownPicture = ownPicture ?? this.#deps.ownPicture;
    this.#media?.setOwnPicture(this.#ownPicture);
  }

  #watch(room: string): void {
    if (!this.#media) return;
    const { node, rooms, publish, tones } = this.#deps;
    const visit = new Visit(room, {
      node,
      rooms,
      publish,
      tones,
      media: this.#media.media,
      onCompany: (company) => this.#happened({ type: 'company', company }),
    });
    this.#visit = visit;
    visit.seen().catch((error: unknown) => this.#roomFailed(error));
  }

  async #join(destination: Destination): Promise<void> {
    this.#role = destination.role;
    try {
      await this.#visit?.join(
        (taken) => callerName(this.#leg, this.#enquiries.resolution, destination.role, this.#deps, taken),
        destination.role === 'host' ? null : destination.maxParticipants,
      );
      if (this.#over.signal.aborted) return;
      this.#log.info({ room: destination.room, codec: this.#visit?.joined?.codec }, 'caller joined the room');
      this.#told.joined(this.#snapshot(null), destination.role);
      this.#happened({ type: 'joined' });
    } catch (error) {
      this.#roomFailed(error);
    }
  }

  #roomFailed(error: unknown): void {
    if (error instanceof LegError && error.reason === 'meeting-full')
      this.stop('meeting-full', 'meeting-full');
    else this.#failed(error, 'room not reached', 'room-unavailable', 'room-unavailable');
  }

  #failed(error: unknown, sentence: string, reason: EndReason, words: PromptId | null): void {
    // What fails because the call is over is no failure.
    if (this.#over.signal.aborted) return;
    this.#log.warn({ cause: messageOf(error), reason }, sentence);
    this.stop(reason, words);
  }

  async #stats(): Promise<LegStats | null> {
    return (await this.#media?.stats()) ?? null;
  }

  async #end(reason: EndReason, refusal: Refusal | null): Promise<void> {
    this.#over.abort();
    this.#timers.stopAll();
    this.#media?.close();
    const endedAt = this.#now();
    // Asked for before the leg is closed, but a node that does not answer holds up no BYE.
    const stats = this.#stats();
    const cleared = Promise.allSettled([
      this.#visit?.end(),
      this.#other.end(reason),
      this.#leg.end(reason, refusal),
    ]);
    const measured = await inTime(
      endMs,
      reason,
      cleared.then(() => stats),
    ).catch(() => {
      this.#log.warn({ reason }, 'call ended, but a part of it does not let go');
      return null;
    });
    this.#log.info({ reason }, 'call ended');
    this.#told.left();
    this.#deps.onEnded(recordOf(this.#snapshot(measured), reason, endedAt));
  }

  #now(): string {
    return new Date(this.#deps.clock.nowMs()).toISOString();
  }

  #note(): void {
    if (this.#state.name === 'ended') return;
    const call = liveOf(this.#snapshot(null), this.#leg.dialog);
    const noted = JSON.stringify([call.dialog, call.room, call.participant]);
    if (noted === this.#noted) return;
    this.#noted = noted;
    this.#deps.onChanged(call);
  }

  #snapshot(media: LegStats | null): CallSnapshot {
    return {
      id: this.id,
      facts: this.#leg.facts,
      resolution: this.#enquiries.resolution,
      startedAt: this.#startedAt,
      answeredAt: this.#answeredAt,
      room: this.#visit?.room ?? null,
      participant: this.#visit?.identity ?? null,
      noVideo: this.#leg.noVideo,
      media,
      steps: this.#steps,
    };
  }
}

function reasonOf(error: unknown): EndReason {
  if (error instanceof MeetingsUnavailable) return 'database-unavailable';
  return error instanceof LegError ? error.reason : 'internal-error';
}
