/** What RFC 4475 and RFC 5118 say of each of their messages, and what drachtio-server 0.9.10 does instead. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from '../support/clause.ts';
import { wire } from '../support/sip.ts';
import type { Verdict } from '../support/sip.ts';

/** `taken` also where only the application can say more. */
export type Outcome = readonly [section: string, file: string, verdict: Verdict, why: string];

export const rfc4475: readonly Outcome[] = [
  ['3.1.1.1', 'wsinv', 'taken', 'blanks, folding, compact and mixed-case names'],
  ['3.1.1.2', 'intmeth', 'taken', 'all characters that a method, token and URI may have'],
  ['3.1.1.3', 'esc01', 'taken', 'escapes that mean no separators'],
  ['3.1.1.4', 'escnull', 'taken', 'escaped zero bytes'],
  ['3.1.1.5', 'esc02', 'taken', 'percent signs that are no escapes'],
  ['3.1.1.6', 'lwsdisp', 'taken', 'no blank between display name and "<"'],
  ['3.1.1.7', 'longreq', 'taken', 'long values, 34 Vias'],
  ['3.1.1.8', 'dblreq', 'taken', 'a second request in the datagram is ignored'],
  ['3.1.1.9', 'semiuri', 'taken', 'a semicolon in the user part'],
  ['3.1.1.10', 'transports', 'taken', 'unknown transports in Via'],
  ['3.1.1.11', 'mpart01', 'taken', 'a binary multipart body'],
  ['3.1.1.12', 'unreason', 'taken', 'a reason phrase in UTF-8'],
  ['3.1.1.13', 'noreason', 'taken', 'an empty reason phrase'],
  ['3.1.2.1', 'badinv01', 400, 'empty parameters in Via and Contact'],
  ['3.1.2.2', 'clerr', 400, 'Content-Length beyond the datagram'],
  ['3.1.2.3', 'ncl', 400, 'a negative Content-Length'],
  ['3.1.2.4', 'scalar02', 400, 'numbers out of range in a request'],
  ['3.1.2.5', 'scalarlg', 'dropped', 'numbers out of range in a response'],
  ['3.1.2.6', 'quotbal', 400, 'a quote that never ends'],
  ['3.1.2.7', 'ltgtruri', 400, 'a Request-URI in angle brackets'],
  ['3.1.2.8', 'lwsruri', 400, 'a blank in the Request-URI'],
  ['3.1.2.9', 'lwsstart', 400, 'two spaces in the request line'],
  ['3.1.2.10', 'trws', 400, 'a space after the version'],
  ['3.1.2.11', 'escruri', 400, 'headers in the Request-URI'],
  ['3.1.2.12', 'baddate', 'taken', 'a time zone that is not GMT: Date may be ignored'],
  ['3.1.2.13', 'regbadct', 400, 'a "?" in a Contact without brackets'],
  ['3.1.2.14', 'badaspec', 'taken', 'blanks within "<>": may be tolerated'],
  ['3.1.2.15', 'baddn', 'taken', 'a display name that needs quotes: may be tolerated'],
  ['3.1.2.16', 'badvers', 505, 'SIP/7.0'],
  ['3.1.2.17', 'mismatch01', 400, 'CSeq of another method'],
  ['3.1.2.18', 'mismatch02', 400, 'the same with an unknown method'],
  ['3.1.2.19', 'bigcode', 'dropped', 'a status code of ten digits'],
  ['3.2.1', 'badbranch', 'taken', 'a branch that is the cookie alone: the transaction layer’s matter'],
  ['3.3.1', 'insuf', 400, 'no Call-ID, From, To'],
  ['3.3.2', 'unkscm', 416, 'an unknown scheme'],
  ['3.3.3', 'novelsc', 416, 'a known scheme that is not SIP'],
  ['3.3.4', 'unksm2', 'taken', 'unknown schemes in From, To, Contact: the registrar’s matter'],
  ['3.3.5', 'bext01', 420, 'Require of the unknown'],
  ['3.3.6', 'invut', 'taken', 'an unknown body: the application’s 415'],
  ['3.3.7', 'regaut01', 'taken', 'an unknown authorization scheme: the registrar’s 401'],
  ['3.3.8', 'multi01', 400, 'several values where one is allowed'],
  ['3.3.9', 'mcl01', 400, 'different Content-Lengths'],
  ['3.3.10', 'bcast', 'taken', 'a response with a broadcast Via: it matches no transaction'],
  ['3.3.11', 'zeromf', 483, 'Max-Forwards 0'],
  ['3.3.12', 'cparam01', 'taken', 'a parameter of the Contact header'],
  ['3.3.13', 'cparam02', 'taken', 'a parameter of the Contact’s URI'],
  ['3.3.14', 'regescrt', 'taken', 'headers in a Contact’s URI'],
  ['3.3.15', 'sdp01', 'taken', 'Accept of the unknown: the application’s 406'],
  ['3.4.1', 'inv2543', 'taken', 'an INVITE of RFC 2543'],
  ['archive', 'test', 'dropped', 'no version, no Via to answer to: in the archive, not in the RFC'],
];

export const rfc5118: readonly Outcome[] = [
  ['4.1', 'ipv6-good', 'taken', 'an IPv6 reference'],
  ['4.2', 'ipv6-bad', 400, 'an address without brackets'],
  ['4.3', 'port-ambiguous', 'taken', 'what looks like a port is part of the address'],
  ['4.4', 'port-unambiguous', 'taken', 'a port behind the brackets'],
  ['4.5', 'via-received-param-with-delim', 'taken', 'received with brackets'],
  ['4.5', 'via-received-param-no-delim', 'taken', 'received without brackets'],
  ['4.6', 'ipv6-in-sdp', 'taken', 'IPv6 in SDP'],
  ['4.7', 'mult-ip-in-header', 'taken', 'both families in Via'],
  ['4.8', 'mult-ip-in-sdp', 'taken', 'both families in SDP'],
  ['4.9', 'ipv4-mapped-ipv6', 'taken', 'IPv4-mapped addresses'],
  ['4.10', 'ipv6-bug-abnf-3-colons', 'taken', 'three colons before an embedded IPv4 address'],
  ['4.10', 'ipv6-correct-abnf-2-colons', 'taken', 'the same with two'],
];

/** A message of `torture/rfc4475`, byte for byte. */
export function readRfc4475(folder: string, name: string): Buffer {
  return readFileSync(join(folder, `${name}.dat`));
}

/** One of `torture/rfc5118`: that archive has plain line ends, and three Content-Lengths that fit with none; both are put right. */
export function readRfc5118(folder: string, name: string): Buffer {
  const [head = '', ...body] = readFileSync(join(folder, name), 'utf8').split('\n\n');
  const length = wire(body.join('\n\n')).length;
  return wire(
    `${head.replace(/^Content-Length: \d+/m, `Content-Length: ${length}`)}\n\n${body.join('\n\n')}`,
  );
}

/** Where drachtio-server 0.9.10 does not what the RFC says, as it was seen on the wire; null: it answers nothing. */
export const drachtioOutcomes: Readonly<Partial<Record<string, number | null>>> = {
  baddate: 400,
  baddn: 400,
  badinv01: null,
  bext01: null,
  esc02: null,
  escruri: 486,
  intmeth: null,
  longreq: null,
  lwsruri: null,
  lwsstart: null,
  mpart01: 400,
  novelsc: null,
  regaut01: null,
  trws: null,
  unkscm: null,
  zeromf: 200,
  'ipv6-bad': null,
};

/** An INVITE without a From tag ends drachtio-server 0.9.10 by a failed assertion: tests do not send it there. */
export const endsDrachtio = 'inv2543';

/** The clause of a message's test on the wire; the archive's extra message has none. */
export function clauseOf(rfc: string, [section, file]: Outcome): ReturnType<typeof stack> | object {
  if (!/^\d/.test(section)) return {};
  const other = drachtioOutcomes[file];
  const words =
    other === undefined
      ? undefined
      : other === null
        ? 'without any answer'
        : `with ${other} from it or the application`;
  return stack(`${rfc} §${section}`, words);
}
