import type { Language, Resolution } from '../../dialplans/types.ts';
import { LegError, messageOf } from '../errors.ts';
import type { Leg, Log, Meeting, Role } from '../ports.ts';
import type { Voice } from '../prompts/prompts.ts';
import { MeetingsUnavailable } from '../rooms/errors.ts';
import { findWay, voiceOf, wayInto } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import type { CallDeps } from './call-deps.ts';
import { checkMeeting, checkPin, guessSources } from './pin-check.ts';
import type { Asker } from './pin-check.ts';
import { questionOf } from './routing.ts';
import type { Routing } from './routing.ts';
import type { Action, CallEvent, Enquiry } from './types.ts';

export interface EnquiriesOptions {
  readonly leg: Leg;
  readonly routing: Routing;
  readonly deps: CallDeps;
  readonly log: Log;
  /** Aborted when the call is over. */
  readonly over: AbortSignal;
}

const pinOutcome = { 'pin-found': 'right', 'pin-refused': 'wrong', 'pin-blocked': 'blocked' } as const;

/** What a call asks of others on its way: plan, policies, meetings, its device. And what it knows from there. */
export class Enquiries {
  /** By the caller; null: none was. */
  chosenLanguage: Language | null = null;
  readonly #options: EnquiriesOptions;
  /** Changes when the plan is asked anew. */
  #resolution: Resolution;
  #meetingVoice: Arrival['voice'] = { language: null, brand: null };
  /** Id of the meeting whose PINs count; null: any of the tenant's. */
  #meeting: string | null = null;

  constructor(options: EnquiriesOptions) {
    this.#options = options;
    this.#resolution = options.routing.resolution;
  }

  get resolution(): Resolution {
    return this.#resolution;
  }

  /** In whose words the caller is spoken to. */
  get voice(): Voice {
    const { route } = this.#resolution;
    const { language, brand } = this.#meetingVoice;
    return {
      language: this.chosenLanguage ?? language ?? route.language ?? this.#options.deps.language,
      // What a meeting's own words leave out its tenant may have.
      brands: [brand, route.brand].filter((one) => one !== null),
    };
  }

  /** Throws `LegError` where the database does not answer. */
  async ask(enquiry: Enquiry): Promise<CallEvent> {
    try {
      return await this.#ask(enquiry);
    } catch (error) {
      throw error instanceof MeetingsUnavailable ? new LegError('database-unavailable', error) : error;
    }
  }

  #ask(enquiry: Enquiry): Promise<CallEvent> {
    switch (enquiry.do) {
      case 'ask-policy':
        return this.#policy(enquiry.action);
      case 'find-room':
        return this.#room(enquiry.action);
      case 'route-again':
        return Promise.resolve(this.#again(enquiry.called));
      case 'transfer':
        return this.#transfer(enquiry.to);
      case 'check-meeting':
        return this.#number(enquiry.number);
      case 'check-pin':
        return this.#pin(enquiry.pin);
    }
  }

  #again(called: string): CallEvent {
    const { routing, log } = this.#options;
    this.#resolution = routing.again(this.#resolution, called);
    const { rule, action } = this.#resolution.route;
    log.info({ rule }, 'call routed anew');
    return { type: 'routed', action };
  }

  async #policy({ url, timeoutMs, headers }: Action<'policy'>): Promise<CallEvent> {
    const { leg, routing, deps, log, over } = this.#options;
    const body = questionOf(leg, this.#resolution, deps.clock.nowMs());
    const reply = await deps.policies.ask({ url, timeoutMs, headers, body }, over);
    const said = reply.kind === 'answer' ? routing.read(reply.body, this.#resolution) : reply.detail;
    if (typeof said !== 'string') return { type: 'policy-said', action: said, note: said.kind };
    const note = reply.kind === 'failed' ? reply.why : 'unusable';
    const { rule } = this.#resolution.route;
    if (!over.aborted)
      log.warn({ rule, problem: note, cause: said }, 'policy without use, its fallback counts');
    return { type: 'policy-said', action: null, note };
  }

  async #room(action: Action<'join'>): Promise<CallEvent> {
    const { purpose, voice, meeting } = await findWay(this.#tenant, action, this.#options.deps);
    this.#meeting = meeting;
    this.#meetingVoice = voice;
    return { type: 'room-found', purpose };
  }

  async #transfer(to: string): Promise<CallEvent> {
    const { leg, log } = this.#options;
    const done = await leg.transfer(to).catch((error: unknown) => {
      log.warn({ cause: messageOf(error) }, 'transfer not sent');
      return false;
    });
    return { type: 'transfer-over', done };
  }

  async #number(number: string): Promise<CallEvent> {
    const found = await checkMeeting(this.#asker, number);
    if (found === null) return { type: 'pin-refused' };
    if (found === 'blocked') return { type: 'pin-blocked' };
    this.#meeting = found.id;
    this.#meetingVoice = voiceOf(found);
    const purpose = found.pins.guest === null ? wayInto(found, 'guest', this.#options.deps) : null;
    return { type: 'meeting-found', purpose };
  }

  async #pin(pin: string): Promise<CallEvent> {
    const { deps, log } = this.#options;
    const found = await checkPin(this.#asker, pin, this.#meeting);
    log.info({ outcome: found.type }, 'PIN checked');
    deps.onPinTried(pinOutcome[found.type]);
    return found.type === 'pin-found' ? this.#led(found.meeting, found.role) : found;
  }

  /** What a meeting does with somebody who knows its PIN. */
  #led(meeting: Meeting, role: Role): CallEvent {
    this.#meetingVoice = voiceOf(meeting);
    const way = wayInto(meeting, role, this.#options.deps);
    return 'words' in way ? { type: 'stop', ...way } : { type: 'pin-found', destination: way };
  }

  get #tenant(): string {
    return this.#resolution.route.tenant;
  }

  get #asker(): Asker {
    const { leg, deps, over } = this.#options;
    const { meetings, guard, onPinTried } = deps;
    return {
      tenant: this.#tenant,
      sources: guessSources(leg.facts),
      meetings,
      guard,
      signal: over,
      onSlowed: () => onPinTried('slowed'),
    };
  }
}
