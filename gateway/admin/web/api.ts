/** What the public pages ask the gateway; shapes as in `/openapi.json`. */
import { ask } from './ask.ts';

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

export const fetchWelcome = (signal: AbortSignal): Promise<Welcome> =>
  body(ask('/api/v1/welcome', { signal }));

export const fetchDoor = (room: string, signal: AbortSignal): Promise<Door> =>
  body(ask(`/api/v1/join/${encodeURIComponent(room)}`, { signal }));

export const requestAdmission = (
  room: string,
  person: { name: string; pin: string },
  signal: AbortSignal,
): Promise<Admission> =>
  body(
    ask(`/api/v1/join/${encodeURIComponent(room)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(person.pin === '' ? { name: person.name } : person),
      signal,
    }),
  );

/** 503 is an answer here: it says which part is not up. */
export const fetchReadiness = (signal: AbortSignal): Promise<Readiness> => body(ask('/readyz', { signal }));

const body = async <T>(answer: Promise<{ readonly body: T }>): Promise<T> => (await answer).body;
