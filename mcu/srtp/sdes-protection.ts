import type { SrtpKeying } from '../ports.ts';
import { Checkpoints } from './checkpoints.ts';
import { createSrtpContext } from './context.ts';
import { protectTo } from './outgoing.ts';
import { srtpProfiles } from './profiles.ts';
import type { Protection } from './protection.ts';
import { srtpFailure } from './types.ts';
import type { SrtpCheckpoint, SrtpContext } from './types.ts';

/** A peer that has our answer uses its new key by then; its last packets under the old one are here soon after. */
const switchMs = 1000;
const stragglersMs = 2000;

interface Keyed {
  /** For comparison. */
  readonly keying: string;
  readonly context: SrtpContext;
}

export interface SdesEvents {
  /** What is sent from now on is under another key: the stream has to begin anew, with another SSRC. */
  readonly onNewKey: () => void;
}

/**
 * A leg's SRTP under keys from signalling (RFC 4568). A peer's new key comes into use without a gap: the old one holds
 * until the peer, who then has our answer, uses the new one (§7.1.4 leaves the moment open). Our own new key waits for
 * the same moment, and comes with a new SSRC, so that whoever gets it need not know how far the old stream had come.
 */
export class SdesProtection implements Protection {
  readonly #now: () => number;
  readonly #events: SdesEvents;
  #send: Keyed;
  #nextSend: Keyed | null = null;
  #receive: Keyed;
  #oldReceive: Keyed | null = null;
  #newUsed = true;
  #changedMs = 0;
  readonly #checkpoints = new Checkpoints();
  name: string;

  constructor(send: SrtpKeying, receive: SrtpKeying, now: () => number, events: SdesEvents) {
    this.#now = now;
    this.#events = events;
    this.#send = keyed(send);
    this.#receive = keyed(receive);
    this.name = nameOf(receive);
  }

  /** The same keys change nothing. */
  rekey(send: SrtpKeying, receive: SrtpKeying): void {
    this.#rekeySend(send);
    const keying = JSON.stringify(receive);
    if (keying === this.#receive.keying) return;
    const current = this.#newUsed ? this.#receive : (this.#oldReceive ?? this.#receive);
    this.#oldReceive = current;
    this.#receive =
      current.keying === keying ? current : keyed(receive, keying, current.context.checkpoint());
    this.#newUsed = false;
    this.#changedMs = this.#now();
    this.name = nameOf(receive);
  }

  restore(checkpoint: SrtpCheckpoint): void {
    this.#checkpoints.restore(checkpoint);
    this.#receive.context.restore(checkpoint);
  }

  protectRtp(packet: Buffer): Buffer | null {
    return protectTo(this.#send.context, 'protectRtp', packet);
  }

  protectRtcp(packet: Buffer): Buffer | null {
    return protectTo(this.#send.context, 'protectRtcp', packet);
  }

  unprotectRtp(packet: Buffer): number {
    return this.#unprotect('unprotectRtp', packet);
  }

  unprotectRtcp(packet: Buffer): number {
    return this.#unprotect('unprotectRtcp', packet);
  }

  tick(): void {
    if (!this.#oldReceive && !this.#nextSend) return;
    const sinceMs = this.#now() - this.#changedMs;
    if (sinceMs >= switchMs) this.#switchSend();
    if (this.#newUsed && sinceMs >= stragglersMs) this.#oldReceive = null;
  }

  takeCheckpoint(): SrtpCheckpoint | null {
    return this.#checkpoints.take(this.#receive.context.checkpoint());
  }

  #rekeySend(send: SrtpKeying): void {
    const keying = JSON.stringify(send);
    this.#nextSend = keying === this.#send.keying ? null : keyed(send, keying);
    if (this.#nextSend) this.#changedMs = this.#now();
  }

  /** A packet that is not authentic is left as it was: it can be tried with another key. */
  #unprotect(how: 'unprotectRtp' | 'unprotectRtcp', packet: Buffer): number {
    const result = this.#receive.context[how](packet);
    if (result >= 0 && !this.#newUsed) {
      this.#newUsed = true;
      this.#changedMs = this.#now();
      this.#switchSend();
    }
    if (result >= 0 || !this.#oldReceive || result === srtpFailure.malformed) return result;
    const byOld = this.#oldReceive.context[how](packet);
    return byOld >= 0 || byOld === srtpFailure.replay ? byOld : result;
  }

  #switchSend(): void {
    if (!this.#nextSend) return;
    this.#send = this.#nextSend;
    this.#nextSend = null;
    this.#events.onNewKey();
  }
}

function keyed(keying: SrtpKeying, text = JSON.stringify(keying), after?: SrtpCheckpoint): Keyed {
  const { keys, ...more } = keying;
  const { keyBytes } = srtpProfiles[keying.profile];
  const context = createSrtpContext({
    ...more,
    keys: keys.map(({ inline, mki }) => {
      const octets = Buffer.from(inline, 'base64');
      return {
        masterKey: octets.subarray(0, keyBytes),
        masterSalt: octets.subarray(keyBytes),
        ...(mki !== undefined && { mki: Buffer.from(mki, 'hex') }),
      };
    }),
    ...(after && { after }),
  });
  return { keying: text, context };
}

function nameOf({ profile, unencryptedRtp, unauthenticatedRtp }: SrtpKeying): string {
  const lacks = [
    ...(unencryptedRtp === true ? ['+UNENCRYPTED_SRTP'] : []),
    ...(unauthenticatedRtp === true ? ['+UNAUTHENTICATED_SRTP'] : []),
  ];
  return `srtp-sdes/${profile}${lacks.join('')}`;
}
