import { ParticipantKind, Track, type Participant } from 'livekit-client';

/** Somebody in the room, as a tile shows them. */
export interface Person {
  readonly identity: string;
  readonly name: string;
  readonly via: 'phone' | 'browser';
  readonly host: boolean;
  readonly isSelf: boolean;
  readonly speaking: boolean;
  /** 0 silent … 1 loudest, as the server heard it last. */
  readonly level: number;
  /** `none`: publishes no sound. */
  readonly sound: 'on' | 'muted' | 'none';
  /** A caller whose call is not through yet. */
  readonly connecting: boolean;
}

export function toPerson(who: Participant, isSelf: boolean): Person {
  const microphone = who.getTrackPublication(Track.Source.Microphone);
  const sound = microphone === undefined ? 'none' : microphone.isMuted ? 'muted' : 'on';
  return {
    identity: who.identity,
    name: shownName(who),
    via: who.kind === ParticipantKind.SIP ? 'phone' : 'browser',
    host: who.attributes['gateway.role'] === 'host',
    isSelf,
    speaking: who.isSpeaking && sound === 'on',
    level: who.audioLevel,
    sound,
    connecting: ['dialing', 'ringing'].includes(who.attributes['sip.callStatus'] ?? ''),
  };
}

/** The tile says "By phone" already: of `Phone <number>` only the number is news. */
function shownName(who: Participant): string {
  const name = who.name === undefined || who.name === '' ? who.identity : who.name;
  return who.kind === ParticipantKind.SIP ? name.replace(/^Phone (?=\S)/, '') : name;
}

/** Up to two letters for a person without a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  // A code point, not a UTF-16 unit: names have letters beyond the first plane.
  return ends
    .map((word) => /^./u.exec(word ?? '')?.[0] ?? '')
    .join('')
    .toUpperCase();
}

/** The same hue for the same person on every screen, in degrees. */
export function hueOf(identity: string): number {
  let hash = 0;
  for (const character of identity) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
