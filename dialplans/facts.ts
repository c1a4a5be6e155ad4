import { addressValue } from './blocks.ts';
import type { Address, CallInput } from './types.ts';

/** What `trunk` is for a call that came by no trunk. */
export const noTrunk = 'none';

/** What a rule can look at as a text, in the order in which it is looked at: cheap and telling things first. */
export const textFields = [
  'protocol',
  'transport',
  'trunk',
  'registered',
  'verstat',
  'called',
  'calledUri',
  'calling',
  'callingUri',
] as const;

/** Header fields are `header:` and their lower-case name. */
export type TextField = (typeof textFields)[number] | `header:${string}`;

/**
 * Exact texts and prefixes compare without regard to case: people type addresses on remote controls that
 * capitalise. A regex says itself what it wants (`(?i)`).
 */
export function fold(text: string): string {
  return text.toLowerCase();
}

/**
 * The digits of a number in international form, however it is written: `+49 30…`, `004930…`, `4930…`; empty: it is
 * none. A national number has to be made one by a transform first.
 */
export function internationalDigits(user: string): string {
  // RFC 3966 §5.1.1: visual separators mean nothing.
  const bare = user.replace(/[-.() ]/g, '');
  return /^(?:\+|00)?([1-9]\d{6,14})$/.exec(bare)?.[1] ?? '';
}

/** A call's facts as conditions ask for them; what costs something is made when it is asked for. */
export class Facts {
  readonly input: CallInput;
  readonly #folded = new Map<TextField, string>();
  #digits: { called?: string; calling?: string } = {};
  #source: bigint | null | undefined;
  #language: string | null | undefined;

  constructor(input: CallInput) {
    this.input = input;
  }

  text(field: TextField): string {
    const { input } = this;
    switch (field) {
      case 'called':
        return input.called.user;
      case 'calling':
        return input.calling.user;
      case 'calledUri':
        return input.called.uri;
      case 'callingUri':
        return input.calling.uri;
      case 'trunk':
        return input.trunk ?? noTrunk;
      case 'protocol':
        return input.protocol;
      case 'transport':
        return input.transport;
      case 'verstat':
        return input.verstat;
      case 'registered':
        return String(input.registered);
      default:
        return this.header(field.slice('header:'.length)) ?? '';
    }
  }

  /** Null: the call has no such header field. */
  header(name: string): string | null {
    const { headers } = this.input;
    return Object.hasOwn(headers, name) ? (headers[name] ?? null) : null;
  }

  /** False: a header field that the call has not. */
  has(field: TextField): boolean {
    return !field.startsWith('header:') || this.header(field.slice('header:'.length)) !== null;
  }

  folded(field: TextField): string {
    let folded = this.#folded.get(field);
    if (folded === undefined) {
      folded = fold(this.text(field));
      this.#folded.set(field, folded);
    }
    return folded;
  }

  /** Folded; null: the device says none. */
  get language(): string | null {
    if (this.#language === undefined) {
      const { language } = this.input;
      this.#language = language === null ? null : fold(language);
    }
    return this.#language;
  }

  /** See `internationalDigits`. */
  digits(field: 'called' | 'calling'): string {
    return (this.#digits[field] ??= internationalDigits(this.text(field)));
  }

  /** The caller's address as a number; null: not known. */
  get source(): bigint | null {
    if (this.#source === undefined) {
      this.#source = this.input.source === null ? null : addressValue(this.input.source);
    }
    return this.#source;
  }

  /** The same call with other numbers. */
  withNumbers(called: string, calling: string): Facts {
    return new Facts({
      ...this.input,
      called: renumbered(this.input.called, called),
      calling: renumbered(this.input.calling, calling),
    });
  }
}

/** The address with another user part. */
export function renumbered(address: Address, user: string): Address {
  if (address.user === user) return address;
  const [, scheme = 'sip:'] = /^([a-z]+:)/i.exec(address.uri) ?? [];
  if (scheme.toLowerCase() === 'tel:') return { user, uri: `tel:${user}` };
  const at = address.uri.lastIndexOf('@');
  // A URI without a user part is its scheme and its host.
  const host = at < 0 ? address.uri.slice(scheme.length) : address.uri.slice(at + 1);
  return { user, uri: `${scheme}${user}@${host}` };
}
