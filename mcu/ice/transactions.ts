import { randomBytes } from 'node:crypto';
import type { CandidatePair } from './check-list.ts';

export type CheckPurpose = 'check' | 'nominate' | 'consent';

/** A binding request of ours that waits for its answer. */
export interface Transaction {
  readonly id: string;
  readonly pair: CandidatePair;
  readonly purpose: CheckPurpose;
  /** The role that it was sent in: an answer of 487 is about that one. */
  readonly controlling: boolean;
  bytes: Buffer;
  sends: number;
  /** When it is sent again, or given up. */
  nextMs: number;
}

/** RFC 8445 §14.3: the least RTO; it doubles with each sending (RFC 8489 §6.2.1). */
const firstWaitMs = 500;
const mostSends = 5;
/** RFC 7675 §5.1: a consent request is not repeated, the next one asks again. */
const consentWaitMs = 10_000;

/** Our requests under way: one for each pair and purpose, so their number is bounded by the pairs'. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();

  get size(): number {
    return this.#open.size;
  }

  open(
    pair: CandidatePair,
    purpose: CheckPurpose,
    controlling: boolean,
    nowMs: number,
    build: (transactionId: string) => Buffer,
  ): Transaction {
    const id = randomBytes(12).toString('hex');
    const transaction: Transaction = {
      id,
      pair,
      purpose,
      controlling,
      bytes: build(id),
      sends: 1,
      nextMs: nowMs + (purpose === 'consent' ? consentWaitMs : firstWaitMs),
    };
    this.#open.set(id, transaction);
    return transaction;
  }

  /** The transaction that an answer belongs to; it is over then. */
  take(id: string): Transaction | null {
    const transaction = this.#open.get(id) ?? null;
    this.#open.delete(id);
    return transaction;
  }

  has(pair: CandidatePair, purpose: CheckPurpose): boolean {
    for (const open of this.#open.values()) if (open.pair === pair && open.purpose === purpose) return true;
    return false;
  }

  /** Those whose time has come: `again` is to be sent, `givenUp` had no answer. */
  due(nowMs: number): { again: Transaction[]; givenUp: Transaction[] } {
    const again: Transaction[] = [];
    const givenUp: Transaction[] = [];
    for (const transaction of this.#open.values()) {
      if (nowMs < transaction.nextMs) continue;
      if (transaction.purpose === 'consent' || transaction.sends >= mostSends) {
        this.#open.delete(transaction.id);
        givenUp.push(transaction);
        continue;
      }
      transaction.nextMs = nowMs + firstWaitMs * 2 ** transaction.sends;
      transaction.sends++;
      again.push(transaction);
    }
    return { again, givenUp };
  }

  clear(): void {
    this.#open.clear();
  }
}
