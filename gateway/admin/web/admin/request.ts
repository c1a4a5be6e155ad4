import { answerOf, ask, Problem, type Answer, type AskInit } from '../ask.ts';
import { toHeader } from './header-name.ts';
import { currentSession, signOut } from './session.ts';

export interface AdminRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly file?: { readonly type: string; readonly text: string };
  /** Of what is changed, with its quotes. */
  readonly etag?: string;
  /** There must be nothing of that name yet. */
  readonly isNew?: boolean;
  readonly signal?: AbortSignal;
  /** For all of the answer; left out: ten seconds. */
  readonly deadlineMs?: number;
}

/** The API with the token of who is signed in; a token that counts no more signs out. Throws a `Problem`. */
export function request<T>(path: string, wanted: AdminRequest = {}): Promise<Answer<T>> {
  return signedIn(ask<T>(`/api/v1${path}`, initOf(wanted)));
}

/** The same, for what alone is in the body. */
export async function load<T>(path: string, wanted: AdminRequest = {}): Promise<T> {
  return (await request<T>(path, wanted)).body;
}

/** For texts. */
export function loadText(path: string, wanted: AdminRequest = {}): Promise<string> {
  return signedIn(answerOf(`/api/v1${path}`, initOf(wanted), (response) => response.text()));
}

/** For files of any size: the browser keeps them where it has room. */
export function loadFile(path: string, wanted: AdminRequest = {}): Promise<Blob> {
  return signedIn(answerOf(`/api/v1${path}`, initOf(wanted), (response) => response.blob()));
}

async function signedIn<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) signOut('The token is not valid any more.');
    throw error;
  }
}

function initOf({ method, body, file, etag, isNew = false, signal, deadlineMs }: AdminRequest): AskInit {
  const session = currentSession();
  const content =
    file ?? (body === undefined ? null : { type: 'application/json', text: JSON.stringify(body) });
  return {
    method: method ?? 'GET',
    headers: {
      authorization: `Bearer ${session?.token ?? ''}`,
      // A header's value is Latin-1; names are not.
      ...(session && session.name !== '' ? { 'x-admin': toHeader(session.name) } : {}),
      ...(content === null ? {} : { 'content-type': content.type }),
      ...(etag === undefined ? {} : { 'if-match': etag }),
      ...(isNew ? { 'if-none-match': '*' } : {}),
    },
    body: content?.text ?? null,
    signal: signal ?? new AbortController().signal,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}
