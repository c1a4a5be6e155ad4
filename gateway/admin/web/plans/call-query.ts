import { toInstant, toLocal } from '../admin/times.ts';
import type { TriedCall } from './trials.ts';

/** A call to be tried, as typed. */
export interface CallText {
  readonly called: string;
  readonly calling: string;
  readonly trunk: string;
  readonly transport: string;
  /** As `datetime-local` has it; empty: now. */
  readonly at: string;
  readonly language: string;
  readonly source: string;
  readonly verstat: string;
  readonly registered: boolean;
  /** One a line. */
  readonly headers: string;
}

export const emptyCall: CallText = {
  called: '',
  calling: '',
  trunk: '',
  transport: 'udp',
  at: '',
  language: '',
  source: '',
  verstat: 'none',
  registered: false,
  headers: '',
};

export const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

/** As the API takes it. */
export function toCall({
  called,
  transport,
  at,
  verstat,
  registered,
  headers,
  ...texts
}: CallText): TriedCall {
  const said = Object.entries(texts)
    .map(([key, text]) => [key, text.trim()] as const)
    .filter(([, text]) => text !== '');
  const lines = headers.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
  return {
    called: called.trim(),
    transport,
    ...Object.fromEntries(said),
    ...(verstat === emptyCall.verstat ? {} : { verstat }),
    ...(registered ? { registered } : {}),
    ...(at === '' ? {} : { at: toInstant(at) }),
    ...(lines.length === 0 ? {} : { headers: Object.fromEntries(lines) }),
  };
}

/** A call in an address: what there is of it, its time as an instant. */
export function queryOfCall(call: Partial<CallText>): string {
  const { at = '', registered = false, ...texts } = call;
  const set = Object.entries(texts).filter(([, text]) => text !== '');
  if (at !== '') set.push(['at', toInstant(at)]);
  if (registered) set.push(['registered', 'true']);
  return new URLSearchParams([['try', ''], ...set]).toString();
}

/** Null: the address has none. */
export function callOfQuery(query: string): CallText | null {
  const asked = new URLSearchParams(query);
  if (!asked.has('try')) return null;
  const text = (key: keyof CallText): string => asked.get(key) ?? '';
  const transport = transports.find((one) => one === text('transport')) ?? emptyCall.transport;
  return {
    ...{ called: text('called'), calling: text('calling'), trunk: text('trunk'), transport },
    ...{ language: text('language'), source: text('source'), headers: text('headers') },
    at: toLocal(text('at')),
    verstat: text('verstat') === '' ? emptyCall.verstat : text('verstat'),
    registered: text('registered') === 'true',
  };
}
