import { GatewayError, messageOf } from '../errors.ts';

/** `left-out`: could not be looked at, for a reason that is no fault, such as a gateway that does not run. */
export type State = 'ok' | 'warning' | 'failed' | 'left-out';

/** One thing that was looked at, in words for the person who runs the gateway. */
export interface Finding {
  readonly state: State;
  /** What was found. */
  readonly what: string;
  /** Why it is so, or what comes of it. */
  readonly why?: string;
  /** What to do about it. */
  readonly todo?: string;
}

/** What a person needs besides the fact. */
export interface Advice {
  readonly why: string;
  readonly todo: string;
}

export const ok = (what: string): Finding => ({ state: 'ok', what });
export const leftOut = (what: string, why: string): Finding => ({ state: 'left-out', what, why });
export const warning = (what: string, advice: Advice): Finding => ({ state: 'warning', what, ...advice });
export const failed = (what: string, advice: Advice): Finding => ({ state: 'failed', what, ...advice });

/** What was thrown, as a reason. */
export function because(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'It was waited for in vain.';
  return messageOf(error) || 'No reason was given.';
}

/** For what was thrown: the gateway's own errors say what helps. */
export function failedBy(what: string, error: unknown, todo: string): Finding {
  return failed(what, {
    why: because(error),
    todo: error instanceof GatewayError ? error.remedy : todo,
  });
}

const order: readonly State[] = ['failed', 'warning', 'ok', 'left-out'];

/** The state of the whole: that of its worst part. */
export function worstOf(findings: readonly Pick<Finding, 'state'>[]): State {
  return order.find((state) => findings.some((one) => one.state === state)) ?? 'left-out';
}
