/** What the pages ask the gateway; shapes as in `/openapi.json`. */

export interface Welcome {
  readonly number: string;
  readonly uri: string;
  readonly echoNumber: string;
  /** null: there is no demo room. */
  readonly demo: { readonly room: string; readonly uri: string; readonly web: string } | null;
}

export interface Door {
  readonly room: string;
  readonly pinRequired: boolean;
  readonly dialIn: { readonly number: string; readonly uri: string };
}

export interface Admission {
  readonly url: string;
  readonly token: string;
  readonly identity: string;
  readonly room: string;
  readonly role: 'host' | 'guest';
}

export interface Part {
  readonly state: 'up' | 'starting' | 'down';
  readonly embedded: boolean;
  readonly version: string | null;
  readonly detail?: string;
}

export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  readonly parts: {
    readonly sip: Part;
    readonly media: readonly (Part & { readonly id: string; readonly legs: number })[];
    readonly rooms: Part;
    readonly records: Part;
  };
}

interface ProblemBody {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly remedy?: string;
}

/** A problem that the gateway told of (RFC 9457), in words for a person. */
export class Problem extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.code = body.code;
    this.remedy = body.remedy ?? '';
  }
}

const deadlineMs = 10_000;

export const fetchWelcome = (signal: AbortSignal): Promise<Welcome> =>
  ask<Welcome>('/api/v1/welcome', { signal });

export const fetchDoor = (room: string, signal: AbortSignal): Promise<Door> =>
  ask<Door>(`/api/v1/join/${encodeURIComponent(room)}`, { signal });

export const requestAdmission = (
  room: string,
  person: { name: string; pin: string },
  signal: AbortSignal,
): Promise<Admission> =>
  ask<Admission>(`/api/v1/join/${encodeURIComponent(room)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person.pin === '' ? { name: person.name } : person),
    signal,
  });

/** 503 is an answer here: it says which part is not up. */
export const fetchReadiness = (signal: AbortSignal): Promise<Readiness> =>
  ask<Readiness>('/readyz', { signal });

async function ask<T>(path: string, init: RequestInit & { signal: AbortSignal }): Promise<T> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(deadlineMs)]);
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal });
  } catch (error) {
    if (init.signal.aborted) throw error;
    throw new Problem({
      title: 'No answer',
      detail: 'The gateway does not answer.',
      code: 'NO_ANSWER',
      remedy: 'Check your connection, then try again.',
    });
  }
  const body: unknown = await response.json();
  if (response.headers.get('content-type')?.startsWith('application/problem+json') === true) {
    throw new Problem(body as ProblemBody);
  }
  return body as T;
}
