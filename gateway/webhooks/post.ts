import http from 'node:http';
import https from 'node:https';
import { rootCertificates } from 'node:tls';
import { messageOf } from '../errors.ts';
import { guardedLookup, urlProblem } from './addresses.ts';
import type { Reach } from './addresses.ts';

export interface Outcome {
  /** Null: there was no answer. */
  readonly status: number | null;
  /** Null: it was taken. */
  readonly error: string | null;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly reach: Reach;
  /** PEM, of authorities beside the public ones; null: none. */
  readonly ca: string | null;
  /** For the whole of it, from the look-up of the name to the answer's head. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Sends one request and looks at the status only; never rejects. Redirects are not followed: they are no answer. */
export async function post({ url, ...rest }: Post): Promise<Outcome> {
  // Once more: what may be reached can have changed since the URL was taken.
  const problem = urlProblem(url, rest.reach);
  if (problem !== null) return { status: null, error: problem };
  try {
    const status = await exchange(new URL(url), rest);
    const taken = status >= 200 && status < 300;
    return { status, error: taken ? null : `answered ${status}` };
  } catch (error) {
    return { status: null, error: messageOf(error) };
  }
}

function exchange(
  url: URL,
  { headers, body, reach, ca, timeoutMs, signal }: Omit<Post, 'url'>,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      lookup: guardedLookup(reach),
      // A connection of its own: nothing of one receiver is kept for another.
      agent: false,
      signal,
      ...(ca !== null && { ca: [...rootCertificates, ca] }),
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sent.on('response', (answer) => {
      clearTimeout(timer);
      // What it says beside its status is of no use here, and may be endless.
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
