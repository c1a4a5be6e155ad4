import { lookup, Resolver } from 'node:dns/promises';
import { failure } from '../failures.ts';

export interface Naptr {
  readonly order: number;
  readonly preference: number;
  /** `s`, `a`, `u` or `p`. */
  readonly flags: string;
  /** `SIP+D2U`, `SIPS+D2T` … */
  readonly service: string;
  readonly replacement: string;
}

export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** `.`: the service is not offered (RFC 2782). */
  readonly name: string;
}

export type Family = 4 | 6;

/** The questions of RFC 3263. An empty list: there is no such record. Rejects when nobody could say. */
export interface Dns {
  naptr(name: string): Promise<readonly Naptr[]>;
  srv(name: string): Promise<readonly Srv[]>;
  addresses(name: string, family: Family): Promise<readonly string[]>;
}

/** Each server is asked twice, the second time for twice as long. */
const queryMs = 1_000;

/** Of what Node.js and c-ares say, this means: there is none. */
const nothing: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME', 'EAI_NONAME', 'EAI_NODATA']);

async function orNone<T>(asking: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Error && 'code' in error && nothing.has(String(error.code))) return [];
    throw error;
  }
}

/**
 * @param servers `192.0.2.53` or `[2001:db8::53]:5353`; none: the system's, which for addresses has a file of hosts
 * and other sources too.
 */
export function systemDns(servers: readonly string[]): Dns {
  const resolver = new Resolver({ timeout: queryMs, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const fromSystem = async (name: string, family: Family): Promise<string[]> =>
    (await lookup(name, { family, all: true })).map(({ address }) => address);
  return {
    naptr: (name) => orNone(resolver.resolveNaptr(name)),
    srv: (name) => orNone(resolver.resolveSrv(name)),
    addresses: (name, family) => {
      if (servers.length === 0 || !hasRecords(name)) return orNone(fromSystem(name, family));
      return orNone(family === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
    },
  };
}

/** Names of one label, and those of this machine, are no matter of DNS (RFC 6761 §6.3). */
export function hasRecords(name: string): boolean {
  return name.includes('.') && !/(?:^|\.)(?:localhost|local)\.?$/i.test(name);
}

/** How long answers count. Node.js tells no lifetime of NAPTR and SRV; a minute is what carriers set at least. */
const keepMs = 60_000;
/** That there is none, or that nobody answered: not every call shall wait for a dead server. */
const keepNothingMs = 10_000;
const maxEntries = 2_048;
/** Questions that wait for their answer. */
const maxPending = 256;

interface Entry {
  readonly answer: Promise<readonly unknown[]>;
  /** Monotonic ms; undefined: still being asked. */
  untilMs: number | undefined;
}

/** Asks each question once, and remembers what was said for a while. */
export class CachedDns implements Dns {
  readonly #dns: Dns;
  readonly #now: () => number;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>();
  #pending = 0;

  constructor(dns: Dns, now: () => number = () => performance.now()) {
    this.#dns = dns;
    this.#now = now;
  }

  naptr(name: string): Promise<readonly Naptr[]> {
    return this.#ask(`naptr ${name}`, () => this.#dns.naptr(name));
  }

  srv(name: string): Promise<readonly Srv[]> {
    return this.#ask(`srv ${name}`, () => this.#dns.srv(name));
  }

  addresses(name: string, family: Family): Promise<readonly string[]> {
    return this.#ask(`${family} ${name}`, () => this.#dns.addresses(name, family));
  }

  #ask<T>(question: string, ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
    const key = question.toLowerCase();
    const known = this.#entries.get(key);
    if (known !== undefined && (known.untilMs === undefined || this.#now() < known.untilMs))
      return known.answer as Promise<readonly T[]>;
    if (this.#pending >= maxPending) return Promise.reject(failure('TRANSPORT_OVERLOADED'));
    this.#pending += 1;
    const answer = ask();
    const entry: Entry = { answer, untilMs: undefined };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const settle = (forMs: number): void => {
      this.#pending -= 1;
      entry.untilMs = this.#now() + forMs;
      this.#trim();
    };
    answer.then(
      (records) => settle(records.length > 0 ? keepMs : keepNothingMs),
      () => settle(keepNothingMs),
    );
    return answer;
  }

  #trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break;
      this.#entries.delete(key);
    }
  }
}
