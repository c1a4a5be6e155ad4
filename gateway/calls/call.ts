import type { Resolution, RoomView } from '../../dialplans/types.ts';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { maskUser } from '../observe/mask.ts';
import type { CallView, Leg, LegStats, Log, MediaLeg, Meeting, Role } from '../ports.ts';
import type { PromptId, Voice } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import { wayInto } from './arrival.ts';
import type { Beginning } from './arrival.ts';
import type { CallDeps } from './call-deps.ts';
import { CallMedia } from './call-media.ts';
import { callerName } from './caller-name.ts';
import { checkPin, guessSources } from './pin-check.ts';
import { liveOf, recordOf, shownState, viewOf } from './report.ts';
import type { CallSnapshot } from './report.ts';
import { step } from './state.ts';
import { Timers } from './timers.ts';
import type { CallEvent, CallRules, CallState, Destination, Effect } from './types.ts';
import { Visit } from './visit.ts';

/** Longer than a BYE that nobody answers; what a hung part still holds then is its own to free. */
const endMs = 15_000;

const pinOutcome = { 'pin-found': 'right', 'pin-refused': 'wrong', 'pin-blocked': 'blocked' } as const;

/** What the dial plan says of how the room is seen. */
function wishes({ route: { action } }: Resolution): RoomView {
  return 'view' in action ? action.view : { layout: null, ownPicture: null };
}

/** One visit: feeds what happens to the pure state and does what the state says. */
export class Call {
  readonly id: string;
  readonly #deps: CallDeps;
  readonly #leg: Leg;
  readonly #resolution: Resolution;
  readonly #beginning: Beginning;
  readonly #rules: CallRules;
  readonly #log: Log;
  readonly #startedAt: string;
  readonly #timers: Timers;
  readonly #over = new AbortController();
  #state: CallState;
  #answeredAt: string | null = null;
  #media: CallMedia | null = null;
  #visit: Visit | null = null;
  #role: Role | null = null;
  #ended: Promise<void> | null = null;
  /** What `onChanged` was last told. */
  #noted = '';

  constructor(leg: Leg, resolution: Resolution, beginning: Beginning, deps: CallDeps) {
    this.id = leg.id;
    this.#leg = leg;
    this.#resolution = resolution;
    this.#deps = deps;
    this.#rules = { ...deps.rules, layout: wishes(resolution).layout ?? deps.rules.layout };
    this.#beginning = beginning;
    this.#state = { name: 'answering', next: beginning.purpose };
    this.#startedAt = new Date(deps.clock.nowMs()).toISOString();
    this.#timers = new Timers((timer) => this.#happened({ type: 'timer', timer }));
    this.#log = deps.log.child({ call: leg.id, from: maskUser(leg.facts.from.user) });
  }

  /** Rings, answers and begins; never rejects. */
  async run(): Promise<void> {
    this.#note();
    this.#leg.on('ended', (reason) => this.#happened({ type: 'stop', reason, words: null }));
    try {
      await this.#leg.ring();
      const media = await this.#leg.answer();
      if (this.#state.name === 'ended') return;
      this.#media = this.#open(media);
      this.#answeredAt = new Date(this.#deps.clock.nowMs()).toISOString();
      this.#log.info({ rule: this.#resolution.route.rule }, 'call answered');
      this.#happened({ type: 'answered' });
      // Only now: digits that were typed ahead count for what the caller is asked first.
      this.#media.listen();
    } catch (error) {
      this.#failed(
        error,
        'call not answered',
        error instanceof LegError ? error.reason : 'internal-error',
        null,
      );
    }
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

  async view(): Promise<CallView> {
    return viewOf(this.#snapshot(await this.#stats()), this.#state, this.#role);
  }

  #open(media: MediaLeg): CallMedia {
    const { prompts, ownPicture, silenceSeconds, clock } = this.#deps;
    return new CallMedia({
      leg: this.#leg,
      media,
      prompts,
      voice: this.#voiceOf(this.#beginning.voice),
      ownPicture: wishes(this.#resolution).ownPicture ?? ownPicture,
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
        this.#media?.play(effect.sound);
        return;
      case 'hear':
        this.#media?.hear(effect.source);
        return;
      case 'mute':
        this.#media?.mute(effect.muted);
        return;
      case 'start-timer':
        this.#timers.start(effect.timer, effect.seconds);
        return;
      case 'stop-timer':
        this.#timers.stop(effect.timer);
        return;
      case 'check-pin':
        void this.#checkPin(effect.pin);
        return;
      case 'watch':
        this.#watch(effect.room);
        return;
      case 'join':
        void this.#join(effect.destination);
        return;
      case 'end':
        this.#ended ??= this.#end(effect.reason);
    }
  }

  async #checkPin(pin: string): Promise<void> {
    const { meetings, guard, onPinTried } = this.#deps;
    try {
      const found = await checkPin({
        tenant: this.#resolution.route.tenant,
        pin,
        meeting: this.#beginning.meeting,
        sources: guessSources(this.#leg.facts),
        meetings,
        guard,
        signal: this.#over.signal,
        onSlowed: () => onPinTried('slowed'),
      });
      this.#log.info({ outcome: found.type }, 'PIN checked');
      onPinTried(pinOutcome[found.type]);
      this.#happened(found.type === 'pin-found' ? this.#led(found.meeting, found.role) : found);
    } catch (error) {
      const reason = error instanceof LegError ? error.reason : 'internal-error';
      this.#failed(error, 'PIN not checked', reason, 'internal-error');
    }
  }

  /** What a meeting does with somebody who knows its PIN. */
  #led(meeting: Meeting, role: Role): CallEvent {
    this.#media?.speak(this.#voiceOf(meeting));
    const way = wayInto(meeting, role, this.#deps);
    return 'words' in way ? { type: 'stop', ...way } : { type: 'pin-found', destination: way };
  }

  #voiceOf({ language, brand }: Beginning['voice']): Voice {
    const { route } = this.#resolution;
    return { language: language ?? route.language ?? this.#deps.language, brand: brand ?? route.brand };
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
        (taken) => callerName(this.#leg, this.#resolution, destination.role, this.#deps, taken),
        destination.role === 'host' ? null : destination.maxParticipants,
      );
      if (this.#over.signal.aborted) return;
      this.#log.info({ room: destination.room, codec: this.#visit?.joined?.codec }, 'caller joined the room');
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

  async #end(reason: EndReason): Promise<void> {
    this.#over.abort();
    this.#timers.stopAll();
    this.#media?.close();
    const endedAt = new Date(this.#deps.clock.nowMs()).toISOString();
    // Asked for before the leg is closed, but a node that does not answer holds up no BYE.
    const stats = this.#stats();
    const cleared = Promise.allSettled([this.#visit?.end(), this.#leg.end(reason)]);
    const measured = await inTime(
      endMs,
      reason,
      cleared.then(() => stats),
    ).catch(() => {
      this.#log.warn({ reason }, 'call ended, but a part of it does not let go');
      return null;
    });
    this.#log.info({ reason }, 'call ended');
    this.#deps.onEnded(recordOf(this.#snapshot(measured), reason, endedAt));
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
      resolution: this.#resolution,
      startedAt: this.#startedAt,
      answeredAt: this.#answeredAt,
      room: this.#visit?.room ?? null,
      participant: this.#visit?.identity ?? null,
      noVideo: this.#leg.noVideo,
      media,
      steps: [],
    };
  }
}
