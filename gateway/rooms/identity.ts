import { createHmac } from 'node:crypto';
import type { Role } from '../ports.ts';

/** What a caller's name in the room is made of. */
export interface CallerFacts {
  /** Calling number or user part of the caller's URI; empty when withheld. */
  readonly number: string;
  /** Called number: what LiveKit calls the trunk's number. */
  readonly calledNumber: string;
  /** The gateway's own id of the call. */
  readonly callId: string;
  /** The wire's own (SIP Call-ID). */
  readonly wireCallId: string;
  readonly trunk: string | null;
  /** Dial plan rule that routed the call. */
  readonly rule: string | null;
  /** Host of the caller's URI. */
  readonly hostname: string;
  readonly role: Role;
  /** True: nobody in the room may see or work out the number. */
  readonly hideNumbers: boolean;
  /** Key of the hash that stands for a hidden number; without it a number could be found by trying all. */
  readonly secret: string | Buffer;
  /** Whether somebody in the same room has this identity already. */
  readonly taken: (identity: string) => boolean;
}

/** A caller as the room sees it. */
export interface CallerName {
  readonly identity: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const longestNumber = 64;

/**
 * Gives a caller the identity, name and attributes that LiveKit's own SIP service gives
 * (`sip_<number>`, `Phone <number>`, `sip.*`), so that clients which know that service show our callers alike.
 * A second call of the same number in the same room gets `sip_<number>_<4 characters>`.
 */
export function callerIdentity(facts: CallerFacts): CallerName {
  const number = plain(facts.number) || 'anonymous';
  const shown = facts.hideNumbers ? lastFour(number) : number;
  const base = `sip_${facts.hideNumbers ? digest(facts.secret, number).slice(0, 16) : number}`;
  return {
    identity: firstFree(base, facts),
    name: `Phone ${number === 'anonymous' ? number : shown}`,
    attributes: {
      'sip.callID': facts.callId,
      'sip.callStatus': 'active',
      'sip.trunkID': facts.trunk ?? '',
      'sip.ruleID': facts.rule ?? '',
      // As LiveKit does with hidden numbers: what would tell the number, or where it calls from, is left out.
      ...(facts.hideNumbers
        ? {}
        : {
            // Many devices write their address into it.
            'sip.callIDFull': facts.wireCallId,
            'sip.phoneNumber': number,
            'sip.trunkPhoneNumber': plain(facts.calledNumber),
            'sip.hostname': plain(facts.hostname),
          }),
      'gateway.role': facts.role,
    },
  };
}

function firstFree(base: string, facts: CallerFacts): string {
  if (!facts.taken(base)) return base;
  // From the call's id, so that the same call gets the same identity when it joins again.
  for (let round = 0; ; round += 1) {
    const candidate = `${base}_${digest(facts.secret, `${facts.callId}/${round}`).slice(0, 4)}`;
    if (!facts.taken(candidate) || round === 65_536) return candidate;
  }
}

function digest(secret: string | Buffer, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Callers write their own From: nothing that could break a line, turn the reading direction or fill a screen. */
function plain(text: string): string {
  const kept = text.replace(/[^\p{L}\p{N}+*#._-]/gu, '');
  return Array.from(kept).slice(0, longestNumber).join('');
}

// By code points, as in `plain`: half a surrogate pair is no text.
const lastFour = (number: string): string => Array.from(number).slice(-4).join('');
