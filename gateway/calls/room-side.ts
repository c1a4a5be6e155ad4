import type { Resolution } from '../../dialplans/types.ts';
import { LegError } from '../errors.ts';
import type { Leg, Log, MediaLeg, Role } from '../ports.ts';
import type { PromptId } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallDeps } from './call-deps.ts';
import { callerName } from './caller-name.ts';
import type { CallEvent, Company, Destination } from './types.ts';
import { Visit } from './visit.ts';

export interface RoomSideOptions {
  readonly leg: Leg;
  readonly deps: CallDeps;
  /** As it is when the caller comes in. */
  readonly resolution: () => Resolution;
  readonly log: Log;
  readonly happened: (event: CallEvent) => void;
  readonly failed: (error: unknown, sentence: string, reason: EndReason, words: PromptId) => void;
}

const nobody: Company = { others: 0, hostPresent: false };

/** A call's side in a LiveKit room: a look into it, then the caller's stay. */
export class RoomSide {
  readonly #options: RoomSideOptions;
  #visit: Visit | null = null;
  #role: Role | null = null;
  #ended = false;

  constructor(options: RoomSideOptions) {
    this.#options = options;
  }

  get room(): string | null {
    return this.#visit?.room ?? null;
  }

  /** Null: the caller is no participant. */
  get identity(): string | null {
    return this.#visit?.identity ?? null;
  }

  get role(): Role | null {
    return this.#role;
  }

  /** Who else is there, as it was seen last. */
  get company(): Company {
    return this.#visit?.company ?? nobody;
  }

  watch(room: string, media: MediaLeg): void {
    const { node, rooms, publish, tones } = this.#options.deps;
    const onCompany = (company: Company): void => this.#options.happened({ type: 'company', company });
    this.#visit = new Visit(room, { node, rooms, publish, tones, media, onCompany });
    this.#visit.seen().catch((error: unknown) => this.#failed(error));
  }

  /** @param joined runs when the caller is a participant, before the call's state hears of it */
  async join({ room, role, maxParticipants }: Destination, joined: () => void): Promise<void> {
    const { leg, deps, resolution, log, happened } = this.#options;
    this.#role = role;
    try {
      await this.#visit?.join(
        (taken) => callerName(leg, resolution(), role, deps, taken),
        role === 'host' ? null : maxParticipants,
      );
      if (this.#ended) return;
      log.info({ room, codec: this.#visit?.joined?.codec }, 'caller joined the room');
      joined();
      happened({ type: 'joined' });
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Idempotent. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#visit?.end();
  }

  #failed(error: unknown): void {
    const { happened, failed } = this.#options;
    const isFull = error instanceof LegError && error.reason === 'meeting-full';
    if (isFull) happened({ type: 'stop', reason: 'meeting-full', words: 'meeting-full' });
    else failed(error, 'room not reached', 'room-unavailable', 'room-unavailable');
  }
}
