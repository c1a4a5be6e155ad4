import type { Door } from '../../../fakes/admin.ts';

/** An answer as tests look at it. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly headers?: Record<string, string>;
  readonly payload?: string | object;
  readonly remoteAddress?: string;
}

type Method = 'GET' | 'POST' | 'DELETE' | 'PATCH' | 'PUT' | 'HEAD';

/** One request without a socket; `line` as in `GET /healthz`. */
export async function ask(door: Door, line: `${Method} ${string}`, question: Question = {}): Promise<Answer> {
  const [method, url] = line.split(' ', 2) as [Method, string];
  const response = await door.server.inject({ method, url, headers: { host: 'localhost' }, ...question });
  const type = String(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode,
    type,
    headers: response.headers,
    body: type.includes('json') ? response.json<Record<string, unknown>>() : { text: response.body },
  };
}
