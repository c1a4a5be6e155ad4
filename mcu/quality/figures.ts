import type { Member, MemberEcho, MemberFigures } from '../ports.ts';

/** How old the figures may be that reports to the peer are made of. */
const refreshMs = 5000;

export const noFigures: MemberFigures = {
  concealedMs: 0,
  recoveredMs: 0,
  latePackets: 0,
  clippedMs: 0,
  playoutDelayMs: null,
  playoutLimitMs: 0,
  echoOfSent: null,
  echoOfReceived: null,
};

/** Figures of two members that were one after the other, or one member in two engine processes. */
export function addFigures(before: MemberFigures, after: MemberFigures): MemberFigures {
  return {
    concealedMs: before.concealedMs + after.concealedMs,
    recoveredMs: before.recoveredMs + after.recoveredMs,
    latePackets: before.latePackets + after.latePackets,
    clippedMs: before.clippedMs + after.clippedMs,
    playoutDelayMs: after.playoutDelayMs,
    playoutLimitMs: after.playoutLimitMs,
    echoOfSent: worse(before.echoOfSent, after.echoOfSent),
    echoOfReceived: worse(before.echoOfReceived, after.echoOfReceived),
  };
}

function worse(one: MemberEcho | null, other: MemberEcho | null): MemberEcho | null {
  if (!one || !other) return one ?? other;
  return one.lossDb <= other.lossDb ? one : other;
}

/** The engine's figures of a leg, whose members come and go. */
export class LegFigures {
  readonly #now: () => number;
  #member: Pick<Member, 'figures'> | null = null;
  #before = Promise.resolve(noFigures);
  #nextMs = 0;
  readonly #onFresh: (figures: MemberFigures) => void;
  /** As of the last refresh. */
  latest = noFigures;

  /** `onFresh` gets what `tick` found out. */
  constructor(now: () => number, onFresh: (figures: MemberFigures) => void = () => undefined) {
    this.#now = now;
    this.#onFresh = onFresh;
  }

  /** A new member goes on for the last, which is about to be closed. */
  follow(member: Pick<Member, 'figures'>): void {
    const last = this.#member;
    this.#member = member;
    if (!last) return;
    this.#before = Promise.all([this.#before, last.figures()]).then(([before, figures]) =>
      addFigures(before, figures),
    );
  }

  async refresh(): Promise<MemberFigures> {
    this.#nextMs = this.#now() + refreshMs;
    const [before, figures] = await Promise.all([this.#before, this.#member?.figures() ?? noFigures]);
    this.latest = addFigures(before, figures);
    return this.latest;
  }

  /** To be called a few times a second: an engine that dies takes no more than the last seconds with it. */
  tick(): void {
    if (this.#member && this.#now() >= this.#nextMs) void this.refresh().then(this.#onFresh);
  }
}
