import type { Resolution } from '../../dialplans/types.ts';
import type {
  CallFacts,
  CallOrigin,
  CallRecord,
  CallView,
  DialogPlace,
  IvrStep,
  LegStats,
  LiveCall,
  NoVideo,
  Role,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { reasonText } from '../reasons.ts';
import type { CallState } from './types.ts';

/** What is known of a call at one moment. */
export interface CallSnapshot {
  readonly id: string;
  readonly facts: CallFacts;
  readonly resolution: Resolution | null;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly room: string | null;
  readonly participant: string | null;
  /** What was settled in signalling. */
  readonly noVideo: NoVideo | null;
  readonly media: LegStats | null;
  /** What the caller heard and chose so far. */
  readonly steps: readonly IvrStep[];
}

/** `alone`: in a room where nobody else is. */
export function shownState(state: CallState): string {
  return state.name === 'in-room' && state.others === 0 ? 'alone' : state.name;
}

/** A live call as the API shows it. */
export function viewOf(call: CallSnapshot, state: CallState, role: Role | null): CallView {
  const { id, facts, startedAt, answeredAt, room, participant, media } = call;
  return {
    id,
    state: shownState(state),
    direction: 'inbound',
    protocol: facts.protocol,
    from: facts.from.user,
    to: facts.to.user,
    trunk: facts.trunk,
    room,
    participant,
    role,
    muted: state.name === 'in-room' && state.mutedBy !== null,
    startedAt,
    answeredAt,
    noVideo: noVideoOf(call),
    media,
    ...('reason' in state ? { endReason: state.reason, endText: reasonText[state.reason] } : {}),
  };
}

/** What has to be known of a call that is up, should its gateway die. */
export function liveOf(call: CallSnapshot, dialog: DialogPlace | null): LiveCall {
  const { endedAt: _at, endReason: _reason, media: _media, ...live } = recordOf(call, 'gateway-lost', '');
  return { ...live, dialog };
}

/** What is kept of a call that is over. A call that no rule saw belongs to the tenant `default`. */
export function recordOf(call: CallSnapshot, endReason: EndReason, endedAt: string): CallRecord {
  const { id, facts, resolution, startedAt, answeredAt, room, participant, media } = call;
  return {
    id,
    tenant: resolution?.route.tenant ?? 'default',
    direction: 'inbound',
    protocol: facts.protocol,
    from: facts.from.user,
    to: facts.to.user,
    routedFrom: resolution?.route.calling.user ?? facts.from.user,
    routedTo: resolution?.route.called.user ?? facts.to.user,
    trunk: facts.trunk,
    origin: originOf(facts),
    room,
    participant,
    rule: resolution?.route.rule ?? null,
    attempts: 1,
    startedAt,
    answeredAt,
    endedAt,
    endReason,
    trace: resolution?.trace ?? null,
    steps: call.steps,
    noVideo: noVideoOf(call),
    media,
  };
}

function originOf({ transport, source, verstat, language }: CallFacts): CallOrigin {
  return { transport, source: source.address, verstat, language };
}

const failures = {
  'no-media-path': 'No way to the device was found for its video (ICE); check firewalls and publicIp',
  'encryption-failed': 'No keys could be agreed for the video (DTLS-SRTP); the log says what went wrong',
} as const;

/** What was agreed on may still find no way. */
function noVideoOf({ noVideo, media }: CallSnapshot): NoVideo | null {
  const failed = media?.video?.failed ?? null;
  return noVideo ?? (failed && { reason: failed, text: failures[failed] });
}
