import { BlockList, isIP } from 'node:net';
import type { Trunk } from '../ports.ts';
import { readUri } from './call-facts.ts';
import type { SipMessage } from './srf-messages.ts';

/**
 * Where a trunk may send a call on (RFC 3261 §8.1.3.4). Whoever answers there chooses whom we call, at our cost: so it
 * has to be the same number, at the trunk itself: at a host of its `to`, below one, or at an address of its `sources`,
 * and as well encrypted.
 */
export class Redirection {
  readonly #number: string;
  readonly #hosts: readonly string[];
  readonly #addresses = new BlockList();
  readonly #isSecure: boolean;
  readonly #tried = new Set<string>();
  #left = mostPlaces;

  /** @param uris where the call goes first */
  constructor({ sources }: Pick<Trunk, 'sources'>, number: string, uris: readonly string[]) {
    this.#number = number;
    this.#hosts = uris.map(hostOf).filter((host) => host !== '');
    this.#isSecure = uris.every(isSecure);
    for (const source of sources) addTo(this.#addresses, source);
  }

  /** The places that a 3xx names and that may be called, the best first; or in words why none may. */
  follow(res: SipMessage & { readonly status: number }, from: string): readonly string[] | string {
    this.#tried.add(from.toLowerCase());
    const contacts = readContacts(res.get('contact') ?? '');
    if (contacts.length === 0) return 'it names no place';
    const refused: string[] = [];
    const places: string[] = [];
    for (const { uri } of contacts) {
      const why = this.#problem(uri);
      if (why !== null) refused.push(why);
      else if (!this.#tried.has(uri.toLowerCase())) places.push(uri);
    }
    const allowed = places.slice(0, this.#left);
    this.#left -= allowed.length;
    for (const uri of allowed) this.#tried.add(uri.toLowerCase());
    if (allowed.length > 0) return allowed;
    return refused[0] ?? (places.length > 0 ? 'it goes on and on' : 'it leads back to where we have been');
  }

  #problem(uri: string): string | null {
    const read = readUri(uri, '');
    if (read === null || !/^sips?:/i.test(uri)) return 'it names no SIP address';
    if (/;maddr=/i.test(uri)) return 'it names another machine (maddr)';
    if (!isNumber(read.user, this.#number)) return 'it names another number';
    if (this.#isSecure && !isSecure(uri)) return 'it leads off TLS';
    return this.#isTheirs(read.host.toLowerCase()) ? null : 'it leads off the trunk';
  }

  #isTheirs(host: string): boolean {
    const address = host.replaceAll(/[[\]]/g, '');
    const family = isIP(address);
    if (this.#hosts.includes(host)) return true;
    if (family > 0) return this.#addresses.check(address, family === 6 ? 'ipv6' : 'ipv4');
    return this.#hosts.some((own) => isIP(own) === 0 && host.endsWith(`.${own}`));
  }
}

/** In all; a call that goes further goes round in circles, or costs more than it is worth. */
const mostPlaces = 3;

const longestField = 4096;

interface Contact {
  readonly uri: string;
  readonly preference: number;
}

/** RFC 3261 §20.10: the highest `q` first. Headers of the URIs are left out. */
function readContacts(value: string): readonly Contact[] {
  const single = /(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g;
  const contacts = [...value.slice(0, longestField).matchAll(single)].flatMap(([text]) => {
    const bracketed = /<([^>]*)>(.*)/.exec(text);
    const [uri = '', parameters = ''] = bracketed ? bracketed.slice(1) : text.trim().split(/(?=;)/, 2);
    const plain = uri.trim().replace(/\?.*/, '');
    // It becomes a Request-URI and a header field.
    if (plain === '' || /[\s<>"]/.test(plain)) return [];
    const preference = Number(/;\s*q\s*=\s*([01](?:\.\d{0,3})?)/i.exec(parameters)?.[1] ?? 1);
    return [{ uri: plain, preference }];
  });
  return contacts.sort((a, b) => b.preference - a.preference);
}

function isSecure(uri: string): boolean {
  return /^sips:/i.test(uri) || /;transport=tls\b/i.test(uri);
}

/** Parameters in the user part (RFC 4694: where a ported number is) are the trunk's matter. */
function isNumber(user: string, number: string): boolean {
  const [plain] = user.split(';', 1);
  return plain.replace(/^\+/, '') === number.replace(/^\+/, '');
}

function hostOf(uri: string): string {
  return (readUri(uri, '')?.host ?? '').toLowerCase();
}

function addTo(list: BlockList, source: string): void {
  const [address, bits = ''] = source.split('/', 2);
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) return;
  if (bits === '') list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}
