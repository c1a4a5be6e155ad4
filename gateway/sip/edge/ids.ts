import { randomBytes } from 'node:crypto';
import { branchCookie } from './message/via.ts';

/** Marks the branches of this process, so that a request that comes back is known (RFC 3261 §16.3, item 4). */
const mark = `${branchCookie}ig${randomBytes(3).toString('hex')}`;

export function newBranch(): string {
  return `${mark}${randomBytes(8).toString('hex')}`;
}

/** Whether a Via is one of ours. Asks for no more than the mark, as it may be broken. */
export function isOurVia(via: string): boolean {
  return via.includes(`branch=${mark}`);
}

/** RFC 3261 §19.3: at least 32 bits of randomness. */
export function newTag(): string {
  return randomBytes(8).toString('hex');
}

export function newCallId(): string {
  return randomBytes(16).toString('hex');
}

/** RFC 3261 §8.1.1.5 wants less than 2³¹, RFC 3262 §3 the same of RSeq; far from it, so that it can grow. */
export function newSequence(): number {
  return randomBytes(3).readUIntBE(0, 3) + 1;
}
