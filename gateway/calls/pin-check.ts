import { setTimeout as wait } from 'node:timers/promises';
import type { CallFacts, GuessGuard, Meeting, MeetingStore, Role } from '../ports.ts';
import { inTime } from '../in-time.ts';
import { guessSource } from '../rooms/guess-source.ts';

type PinOutcome =
  | { readonly type: 'pin-found'; readonly meeting: Meeting; readonly role: Role }
  | { readonly type: 'pin-refused' }
  | { readonly type: 'pin-blocked' };

/**
 * Whom misses are counted for: the calling number, and the address too where it is no trunk's — behind a trunk
 * everybody has the same address, and without one everybody can claim any number.
 */
export function guessSources(facts: CallFacts): readonly string[] {
  const number = `number:${facts.from.user}`;
  return facts.trunk === null ? [number, `address:${guessSource(facts.source.address)}`] : [number];
}

interface PinCheck {
  readonly tenant: string;
  readonly pin: string;
  /** Id of the meeting whose PINs count; null: any of the tenant's. */
  readonly meeting: string | null;
  readonly sources: readonly string[];
  readonly meetings: MeetingStore;
  readonly guard: GuessGuard;
  readonly signal: AbortSignal;
  /** The look-up has to wait, because of earlier misses. */
  readonly onSlowed: () => void;
}

/** A look-up, and a turn behind the look-ups of others, may take this long. */
const lookUpMs = 5000;
const turnMs = 10_000;

/**
 * Looks a PIN up, slower for whoever missed often; blocked callers learn nothing about their PIN. Throws a
 * `LegError` when the database does not answer.
 */
export async function checkPin(check: PinCheck): Promise<PinOutcome> {
  for (;;) {
    const delayMs = delayOf(check);
    if (delayMs === Infinity) return { type: 'pin-blocked' };
    if (delayMs > 0) {
      check.onSlowed();
      await wait(delayMs, undefined, { signal: check.signal });
    }
    const turn = inTurn(check.guard, () => lookUp(check));
    const outcome = await inTime(turnMs, 'database-unavailable', turn);
    if (outcome) return outcome;
  }
}

function delayOf({ tenant, guard, sources }: PinCheck): number {
  return Math.max(...sources.map((source) => guard.delayMs(tenant, source)));
}

/** Null: while this try waited, others of the same source missed. */
async function lookUp(check: PinCheck): Promise<PinOutcome | null> {
  if (delayOf(check) > 0) return null;
  const { tenant, guard } = check;
  const looking = check.meetings.findByPin(tenant, check.pin);
  const found = await inTime(lookUpMs, 'database-unavailable', looking);
  const fits = found.found && (check.meeting === null || check.meeting === found.meeting.id);
  for (const source of check.sources) {
    if (fits) guard.hit(tenant, source);
    else guard.missed(tenant, source);
  }
  return fits ? { type: 'pin-found', meeting: found.meeting, role: found.role } : { type: 'pin-refused' };
}

/** The look-up that runs, and those behind it. */
const turns = new WeakMap<GuessGuard, Promise<unknown>>();

/** One look-up after the other: with a hundred calls at once, all would ask before the first miss counts. */
function inTurn<T>(guard: GuessGuard, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(guard) ?? Promise.resolve()).then(work);
  turns.set(
    guard,
    turn.catch(() => undefined),
  );
  return turn;
}
