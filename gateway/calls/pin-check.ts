import { setTimeout as wait } from 'node:timers/promises';
import type { CallFacts, GuessGuard, Meeting, MeetingStore, Role } from '../ports.ts';
import { inTime } from '../in-time.ts';
import { guessSource } from '../rooms/guess-source.ts';
import { isMeetingNumber } from '../rooms/numbers.ts';

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

/** Who looks something up that others must not guess. */
export interface Asker {
  readonly tenant: string;
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
 * @param meeting id of the meeting whose PINs count; null: any of the tenant's
 */
export async function checkPin(asker: Asker, pin: string, meeting: string | null): Promise<PinOutcome> {
  const { tenant, guard, meetings, sources } = asker;
  const outcome = await guarded(asker, async () => {
    const found = await inTime(lookUpMs, 'database-unavailable', meetings.findByPin(tenant, pin));
    const fits = found.found && (meeting === null || meeting === found.meeting.id);
    for (const source of sources) {
      if (fits) guard.hit(tenant, source);
      else guard.missed(tenant, source);
    }
    return fits ? found : null;
  });
  if (outcome === 'blocked') return { type: 'pin-blocked' };
  if (outcome === null) return { type: 'pin-refused' };
  return { type: 'pin-found', meeting: outcome.meeting, role: outcome.role };
}

/** The same for a meeting's number, which opens nothing: a right one makes no wrong PIN forgotten. */
export async function checkMeeting(asker: Asker, number: string): Promise<Meeting | null | 'blocked'> {
  const { tenant, guard, meetings, sources } = asker;
  return guarded(asker, async () => {
    const looking = isMeetingNumber(number) ? meetings.findByNumber(tenant, number) : Promise.resolve(null);
    const meeting = await inTime(lookUpMs, 'database-unavailable', looking);
    if (meeting === null) for (const source of sources) guard.missed(tenant, source);
    return meeting;
  });
}

async function guarded<T>(asker: Asker, lookUp: () => Promise<T>): Promise<T | 'blocked'> {
  for (;;) {
    const delayMs = delayOf(asker);
    if (delayMs === Infinity) return 'blocked';
    if (delayMs > 0) {
      asker.onSlowed();
      await wait(delayMs, undefined, { signal: asker.signal });
    }
    // While this try waited for its turn, others of the same source may have missed.
    const turn = inTurn(asker.guard, async () => (delayOf(asker) > 0 ? null : { found: await lookUp() }));
    const outcome = await inTime(turnMs, 'database-unavailable', turn);
    if (outcome) return outcome.found;
  }
}

function delayOf({ tenant, guard, sources }: Asker): number {
  return Math.max(...sources.map((source) => guard.delayMs(tenant, source)));
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
