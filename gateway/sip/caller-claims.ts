import type { CallFacts } from '../ports.ts';

/** What an INVITE's header fields say of its caller beside the address. */

const maxChars = 2048;
const maxLanguages = 16;

const languageRange = /^\s*([a-z]{2,8}(?:-[a-z\d]{1,8}){0,6})\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/i;

type Get = (name: string) => string | undefined;

/**
 * What a carrier found out about the calling number: `verstat` of P-Asserted-Identity or From (ATIS-1000074 §4.3.3), or
 * Twilio's header field. Anybody can write these, so only a trunk's word counts.
 */
export function verstatOf(get: Get, trunk: string | null): CallFacts['verstat'] {
  if (trunk === null) return 'none';
  const claims = [
    parameter(get('p-asserted-identity')),
    parameter(get('from')),
    get('x-twilio-verstat')?.trim(),
  ];
  const claim = claims.find((one) => one !== undefined && one !== '') ?? '';
  if (/^TN-Validation-Passed/i.test(claim)) return 'passed';
  return /^TN-Validation-Failed/i.test(claim) ? 'failed' : 'none';
}

/** A name that a caller chose may look like the parameter. */
function parameter(value = ''): string | undefined {
  const unquoted = value.slice(0, maxChars).replaceAll(/"(?:[^"\\]|\\.)*("|$)/g, '');
  const address = unquoted.slice(Math.max(0, unquoted.indexOf('<')));
  return /;\s*verstat\s*=\s*([\w-]{1,64})/i.exec(address)?.[1];
}

/** The language of most weight in Accept-Language (RFC 3261 §20.3); of equal ones the first. */
export function languageOf(get: Get): string | null {
  const ranges = (get('accept-language') ?? '').slice(0, maxChars).split(',').slice(0, maxLanguages);
  const weighed = ranges.flatMap((range) => {
    const match = languageRange.exec(range);
    const weight = Number(match?.[2] ?? 1);
    return match === null || weight === 0 ? [] : [{ tag: match[1], weight }];
  });
  const heaviest = Math.max(0, ...weighed.map(({ weight }) => weight));
  return weighed.find(({ weight }) => weight === heaviest)?.tag ?? null;
}
