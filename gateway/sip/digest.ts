import { createHash, randomBytes } from 'node:crypto';
import type { SipMessage } from './srf-messages.ts';

/** Digest authentication as its client (RFC 3261 §22, RFC 7616, RFC 8760): who calls, proved by a password. */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Challenge {
  /** As it stands between its quotes. */
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** As the server wrote it; null: it wrote none, which means MD5. */
  readonly algorithm: string | null;
  /** Null: RFC 2069's, without counter. */
  readonly qop: 'auth' | 'auth-int' | null;
  /** The last nonce was too old; the password may be right. */
  readonly stale: boolean;
}

interface AskedRequest {
  readonly method: string;
  /** Its Request-URI. */
  readonly uri: string;
  readonly body: string;
}

type Field = 'Authorization' | 'Proxy-Authorization';

/** What one server or proxy is told. */
interface Space {
  readonly challenge: Challenge;
  readonly cnonce: string;
  readonly secret: string;
  nonce: string;
  /** How often the nonce was used. */
  count: number;
}

const hashes: Readonly<Partial<Record<string, string>>> = {
  md5: 'md5',
  'sha-256': 'sha256',
  'sha-512-256': 'sha512-256',
};

const mostTries = 4;

/** One call's proofs: whoever asked once is told with each request that follows, so that none has to go twice. */
export class Digest {
  readonly #credentials: Credentials;
  readonly #spaces = new Map<Field, Space>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Header fields for a request; none while nobody has asked. */
  fields(request: AskedRequest): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const [field, space] of this.#spaces) fields[field] = this.#prove(space, request);
    return fields;
  }

  /** A request of its own, which may be asked for a proof more than once. */
  begin(): DigestTry {
    return new DigestTry((field, challenge) => this.#take(field, challenge));
  }

  /** RFC 7616 §3.5: a success may name the nonce that is to be used next. */
  accepted(res: SipMessage): void {
    for (const [field, space] of this.#spaces) {
      const info = field === 'Authorization' ? 'authentication-info' : 'proxy-authentication-info';
      const next = readParameters(res.get(info) ?? '').get('nextnonce');
      if (next === undefined) continue;
      space.nonce = next;
      space.count = 0;
    }
  }

  #take(field: Field, challenge: Challenge): void {
    const cnonce = randomBytes(12).toString('hex');
    const { username, password } = this.#credentials;
    const plain = hash(challenge, `${username}:${challenge.realm}:${password}`);
    // RFC 7616 §3.4.2: a session's secret is made of its first nonces.
    const isSession = /-sess$/i.test(challenge.algorithm ?? '');
    const secret = isSession ? hash(challenge, `${plain}:${challenge.nonce}:${cnonce}`) : plain;
    this.#spaces.set(field, { challenge, cnonce, secret, nonce: challenge.nonce, count: 0 });
  }

  #prove(space: Space, { method, uri, body }: AskedRequest): string {
    const { challenge, cnonce, secret, nonce } = space;
    const { realm, algorithm, qop, opaque } = challenge;
    space.count += 1;
    const count = space.count.toString(16).padStart(8, '0');
    const whole = qop === 'auth-int' ? `:${hash(challenge, body)}` : '';
    const what = hash(challenge, `${method}:${uri}${whole}`);
    const proof = qop === null ? [nonce] : [nonce, count, cnonce, qop];
    const response = hash(challenge, [secret, ...proof, what].join(':'));
    const username = this.#credentials.username.replaceAll(/["\\]/g, '\\$&');
    return [
      `Digest username="${username}"`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${uri}"`,
      `response="${response}"`,
      ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
      ...(qop === null ? [] : [`qop=${qop}`, `nc=${count}`, `cnonce="${cnonce}"`]),
      ...(opaque === null ? [] : [`opaque="${opaque}"`]),
    ].join(', ');
  }
}

/** How often one request may go once more. */
export class DigestTry {
  readonly #take: (field: Field, challenge: Challenge) => void;
  readonly #asked = new Set<Field>();
  #tries = 0;

  constructor(take: (field: Field, challenge: Challenge) => void) {
    this.#take = take;
  }

  /**
   * Takes the challenge of a 401 or 407; false: it is none, none of ours, or asks again for what it has just been told,
   * so that the password must be wrong.
   */
  again(res: SipMessage & { readonly status: number }): boolean {
    if (res.status !== 401 && res.status !== 407) return false;
    const isProxy = res.status === 407;
    const field = isProxy ? 'Proxy-Authorization' : 'Authorization';
    const challenge = readChallenge(res.get(isProxy ? 'proxy-authenticate' : 'www-authenticate') ?? '');
    if (challenge === null || (this.#asked.has(field) && !challenge.stale)) return false;
    this.#tries += 1;
    if (this.#tries > mostTries) return false;
    this.#asked.add(field);
    this.#take(field, challenge);
    return true;
  }
}

/** RFC 8760 §2.4: of several challenges, the first whose algorithm we have. */
export function readChallenge(value: string): Challenge | null {
  for (const parameters of readSchemes(value.slice(0, longestField))) {
    const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')];
    const proofs = parameters
      .get('qop')
      ?.toLowerCase()
      .split(/[\s,]+/);
    const qop = (['auth', 'auth-int'] as const).find((one) => proofs?.includes(one)) ?? null;
    if (realm === undefined || nonce === undefined || (proofs !== undefined && qop === null)) continue;
    const challenge: Challenge = {
      ...{ realm, nonce, qop },
      opaque: parameters.get('opaque') ?? null,
      algorithm: parameters.get('algorithm') ?? null,
      stale: parameters.get('stale')?.toLowerCase() === 'true',
    };
    if (hashOf(challenge) !== undefined) return challenge;
  }
  return null;
}

const longestField = 4096;

/** `name="value"` or `name=value`, or the word that begins a challenge. */
const part = /[\s,]*(?:([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))|([\w-]+)[ \t]+)/y;

/** The parameters of each Digest challenge in a field, by lower-case name. */
function readSchemes(value: string): ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | null = null;
  part.lastIndex = 0;
  for (let match = part.exec(value); match !== null; match = part.exec(value)) {
    const [, name, quoted, plain, scheme] = match as (string | undefined)[];
    if (scheme !== undefined) {
      current = new Map();
      if (scheme.toLowerCase() === 'digest') found.push(current);
    } else if (name !== undefined) current?.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return found;
}

function readParameters(value: string): ReadonlyMap<string, string> {
  return readSchemes(`Digest ${value.slice(0, longestField)}`)[0] ?? new Map();
}

function hashOf({ algorithm }: Challenge): string | undefined {
  return hashes[(algorithm ?? 'MD5').toLowerCase().replace(/-sess$/, '')];
}

function hash(challenge: Challenge, text: string): string {
  return createHash(hashOf(challenge) ?? 'md5')
    .update(text)
    .digest('hex');
}
