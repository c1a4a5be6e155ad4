interface ProblemBody {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly status?: number;
  readonly remedy?: string;
  readonly errors?: readonly FieldError[];
  readonly problems?: readonly PlanProblem[];
  readonly current?: Publication;
}

interface FieldError {
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  readonly message: string;
}

/** A mistake in a plan, by its place. */
export interface PlanProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Who published what meanwhile. */
export interface Publication {
  readonly version: number;
  readonly by: string;
  readonly at: string;
  readonly note: string | null;
}

/** A problem that the gateway told of (RFC 9457), in words for a person. */
export class Problem extends Error {
  readonly code: string;
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  readonly remedy: string;
  readonly errors: readonly FieldError[];
  readonly problems: readonly PlanProblem[];
  readonly current: Publication | null;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.code = body.code;
    this.status = body.status ?? 0;
    this.remedy = body.remedy ?? '';
    this.errors = body.errors ?? [];
    this.problems = body.problems ?? [];
    this.current = body.current ?? null;
  }
}

export interface Answer<T> {
  readonly body: T;
  /** With its quotes, as If-Match takes it; null: there is none. */
  readonly etag: string | null;
}

export interface AskInit extends RequestInit {
  readonly signal: AbortSignal;
  /** For all of the answer; left out: ten seconds. */
  readonly deadlineMs?: number;
}

const usualDeadlineMs = 10_000;

/** Throws a `Problem`; when `init.signal` aborts, what `fetch` throws. */
export function ask<T>(path: string, init: AskInit): Promise<Answer<T>> {
  return answerOf(path, init, async (response) => {
    const etag = response.headers.get('etag');
    if (response.status === 204) return { body: undefined as T, etag };
    return { body: (await response.json()) as T, etag };
  });
}

/** The same, for what is no JSON. */
export async function answerOf<T>(
  path: string,
  { deadlineMs = usualDeadlineMs, ...init }: AskInit,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(deadlineMs)]);
  try {
    const response = await fetch(path, { ...init, signal });
    if (response.headers.get('content-type')?.startsWith('application/problem+json') === true) {
      throw new Problem((await response.json()) as ProblemBody);
    }
    return await read(response);
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (init.signal.aborted) throw error;
    throw new Problem({
      title: 'No answer',
      detail: 'The gateway does not answer.',
      code: 'NO_ANSWER',
      remedy: 'Check your connection, then try again.',
    });
  }
}
