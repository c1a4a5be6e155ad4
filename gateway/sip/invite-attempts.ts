import type { Log } from '../ports.ts';
import { failureOf } from './call-failures.ts';
import type { Digest, DigestTry } from './digest.ts';
import type { Invitation } from './invitation.ts';
import type { LegLife } from './leg-life.ts';
import type { CallEvents, PlacedCall } from './placed-call.ts';
import type { Redirection } from './redirection.ts';
import { longerSession } from './session-timer.ts';
import type { SipDialog, SipResponse } from './srf-messages.ts';
import type { SipStack } from './srf.ts';

/** What the far end has said to the INVITE at last. */
export type Outcome =
  | { readonly kind: 'answered'; readonly res: SipResponse; readonly settled: () => void }
  | { readonly kind: 'failed'; readonly res: SipResponse | null };

export interface InviteAttemptsOptions {
  readonly stack: Pick<SipStack, 'call'>;
  readonly invitation: Invitation;
  readonly localSdp: string;
  readonly sessionSeconds: number;
  /** Null: who asks who calls is told nothing. */
  readonly digest: Digest | null;
  readonly redirection: Redirection;
  readonly life: LegLife;
  readonly log: Log;
  readonly progress: (res: SipResponse) => void;
  /** Runs before any request in the new dialog is handled; gives what is to be done once its answer is read. */
  readonly answered: (dialog: SipDialog, res: SipResponse, uri: string) => () => void;
  readonly update: CallEvents['update'];
}

/** One INVITE. */
interface Attempt {
  readonly uri: string;
  readonly sessionSeconds: number;
  /** What makes it one call with the attempt before (RFC 3261 §8.1.3.5, §22.1). */
  readonly sameCall: Readonly<Record<string, string>>;
  /** Next hop, where the URI alone could lead elsewhere; null: it doesn't. */
  readonly route: string | null;
}

/**
 * Calls, and does what answers ask for: says who calls, lengthens the session (RFC 4028 §7.3), goes where the trunk sends
 * it on, and to its next address when one does not work. Once it has rung somewhere it stays there.
 */
export class InviteAttempts {
  readonly #options: InviteAttemptsOptions;
  readonly #proofs: DigestTry | null;
  /** Where it may go yet. */
  #places: readonly string[];
  #rang = false;
  #placed: PlacedCall | null = null;
  #decided: Promise<unknown> = Promise.resolve();

  constructor(options: InviteAttemptsOptions) {
    this.#options = options;
    this.#places = options.invitation.uris;
    this.#proofs = options.digest?.begin() ?? null;
  }

  /** Throws `LegError` when the leg is over first. */
  async run(): Promise<Outcome> {
    const { life, sessionSeconds } = this.#options;
    let next = this.#elsewhere(sessionSeconds);
    let outcome: Outcome = { kind: 'failed', res: null };
    while (next !== null) {
      outcome = await life.orOver(this.#place(next));
      life.throwIfOver();
      if (outcome.kind === 'answered') break;
      next = this.#after(next, outcome.res);
    }
    return outcome;
  }

  /** CANCEL. Idempotent. */
  cancel(headers: Readonly<Record<string, string>>): void {
    this.#placed?.cancel(headers);
  }

  /** Resolves when nothing more comes of the last INVITE. */
  get decided(): Promise<unknown> {
    return this.#decided;
  }

  #place({ uri, sessionSeconds, sameCall, route }: Attempt): Promise<Outcome> {
    const { stack, invitation, localSdp, digest, progress, answered, update } = this.#options;
    // Who asks for a proof asks the SIP server's own refreshes too, which has none: so they do it (RFC 4028 §7.1).
    const session = `${sessionSeconds}${digest ? ';refresher=uas' : ''}`;
    const headers = {
      ...invitation.headers,
      ...sameCall,
      ...digest?.fields({ method: 'INVITE', uri, body: localSdp }),
      'Session-Expires': session,
      'Content-Type': 'application/sdp',
    };
    const outcome = new Promise<Outcome>((resolve) => {
      this.#placed = stack.call(
        uri,
        { headers, localSdp, route },
        {
          progress: (res) => {
            this.#rang ||= res.status > 100;
            progress(res);
          },
          answered: (dialog, res) => {
            digest?.accepted(res);
            resolve({ kind: 'answered', res, settled: answered(dialog, res, uri) });
          },
          failed: (res) => resolve({ kind: 'failed', res }),
          update,
        },
      );
    });
    this.#decided = outcome;
    return outcome;
  }

  /** Null: that was the last word. */
  #after(last: Attempt, res: SipResponse | null): Attempt | null {
    const { log, redirection } = this.#options;
    if (res !== null) {
      const again = { ...last.sameCall, ...sameCall(res) };
      if (this.#proofs?.again(res) === true) return { ...last, sameCall: again, route: backTo(last, res) };
      const longer =
        last.sessionSeconds === this.#options.sessionSeconds ? longerSession(res, last.sessionSeconds) : null;
      if (longer !== null) return { ...last, sessionSeconds: longer, sameCall: again };
      if (res.status >= 300 && res.status < 400) {
        const places = redirection.follow(res, last.uri);
        if (typeof places === 'string') {
          log.info({ status: res.status, problem: places }, 'redirection not followed');
          return null;
        }
        const [uri, ...others] = places;
        this.#places = [...others, ...this.#places];
        // RFC 3261 §8.1.3.4: To, From and Call-ID stay.
        return { ...last, uri, route: null, sameCall: { ...again, To: addressOf(res.get('to') ?? '') } };
      }
    }
    if (this.#rang || failureOf(res) !== 'trunk-unavailable') return null;
    const next = this.#elsewhere(last.sessionSeconds);
    if (next !== null)
      log.warn({ status: res?.status ?? null }, 'trunk’s address does not work, next one tried');
    return next;
  }

  /** At the next address; null: there is none. */
  #elsewhere(sessionSeconds: number): Attempt | null {
    const uri = this.#places.at(0);
    this.#places = this.#places.slice(1);
    return uri === undefined ? null : { uri, sessionSeconds, sameCall: {}, route: null };
  }
}

/** RFC 3261 §22.1, §8.1.3.5: the same Call-ID and From, and the next CSeq. */
function sameCall(res: SipResponse): Record<string, string> {
  const sequence = Number.parseInt(res.get('cseq') ?? '', 10);
  const [id, from] = [res.get('call-id'), res.get('from')];
  if (id === undefined || from === undefined || Number.isNaN(sequence)) return {};
  return { 'Call-ID': id, From: from, CSeq: `${sequence + 1} INVITE` };
}

/** Without its tag, which was the refusal's. */
function addressOf(to: string): string {
  return /^[^<]*<[^>]*>/.exec(to)?.[0] ?? to.replace(/;.*/, '');
}

/**
 * A nonce may be known to the server alone that made it, and a name may lead to another one next time. Over TLS it is the
 * name that the server has to prove.
 */
function backTo(
  { uri, route }: Attempt,
  { source_address: address, source_port: port, protocol }: SipResponse,
) {
  const isName = !/^sips?:(?:[^@]*@)?(?:\d+\.\d+\.\d+\.\d+|\[)/i.test(uri);
  if (!isName || address === '' || /^(?:tls|wss)$/i.test(protocol) || /^sips:/i.test(uri)) return route;
  const host = address.includes(':') ? `[${address}]` : address;
  return `sip:${host}:${port};transport=${protocol.toLowerCase()}`;
}
