import { headerKey, isList } from './names.ts';
import { splitOutside } from './text.ts';

/** One header field, as it came: the name as on the wire, the value unfolded and trimmed. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

interface Field extends Header {
  readonly key: string;
}

/**
 * The header fields of a message, in their order. Names match in any case and in compact form. `get` and `getAll`
 * see single values (`Via: a, b` holds two); `raw` sees fields as they were sent.
 */
export class Headers {
  #fields: Field[] = [];

  static from(entries: Iterable<Header | readonly [name: string, value: string]>): Headers {
    const headers = new Headers();
    for (const entry of entries) {
      if ('name' in entry) headers.append(entry.name, entry.value);
      else headers.append(entry[0], entry[1]);
    }
    return headers;
  }

  /** The first value. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    const field = this.#fields.find((candidate) => candidate.key === key);
    if (field === undefined) return undefined;
    return isList(key) ? this.getAll(name)[0] : field.value;
  }

  /** All values; those of list headers (Via, Route, Contact, Supported …) split, quotes and `<>` respected. */
  getAll(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) {
      if (field.key !== key) continue;
      if (!isList(key)) values.push(field.value);
      else for (const value of splitOutside(field.value, ',')) if (value !== '') values.push(value);
    }
    return values;
  }

  /** The fields' values as they were sent, lists unsplit. */
  raw(name: string): string[] {
    const key = headerKey(name);
    return this.#fields.filter((field) => field.key === key).map((field) => field.value);
  }

  /** Whether a list header (Supported, Require, Allow …) holds this token, in any case. */
  includes(name: string, token: string): boolean {
    const wanted = token.toLowerCase();
    return this.getAll(name).some((value) => value.toLowerCase() === wanted);
  }

  has(name: string): boolean {
    const key = headerKey(name);
    return this.#fields.some((field) => field.key === key);
  }

  /** Replaces all fields of this name, at the place of the first; several values become several fields. */
  set(name: string, value: string | readonly string[]): this {
    const key = headerKey(name);
    const values = typeof value === 'string' ? [value] : value;
    const first = this.#fields.findIndex((field) => field.key === key);
    const place = first < 0 ? this.#fields.length : first;
    const before = this.#fields.slice(0, place);
    const after = this.#fields.slice(place).filter((field) => field.key !== key);
    this.#fields = [...before, ...values.map((each) => ({ key, name, value: each })), ...after];
    return this;
  }

  append(name: string, value: string): this {
    this.#fields.push({ key: headerKey(name), name, value });
    return this;
  }

  /** Puts a field before all others of its name; the first of its name goes to the top of the message. */
  prepend(name: string, value: string): this {
    const key = headerKey(name);
    const first = this.#fields.findIndex((field) => field.key === key);
    this.#fields.splice(Math.max(first, 0), 0, { key, name, value });
    return this;
  }

  remove(name: string): this {
    const key = headerKey(name);
    this.#fields = this.#fields.filter((field) => field.key !== key);
    return this;
  }

  /** Takes the first value away and returns it; what shares its field stays. */
  removeFirst(name: string): string | undefined {
    return this.#takeFirst(name, []);
  }

  /** Puts another value in the place of the first; false: there is none. */
  replaceFirst(name: string, value: string): boolean {
    return this.#takeFirst(name, [value]) !== undefined;
  }

  *entries(): IterableIterator<Header> {
    for (const { name, value } of this.#fields) yield { name, value };
  }

  [Symbol.iterator](): IterableIterator<Header> {
    return this.entries();
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#fields = [...this.#fields];
    return copy;
  }

  #takeFirst(name: string, instead: readonly string[]): string | undefined {
    const key = headerKey(name);
    for (const [index, field] of this.#fields.entries()) {
      if (field.key !== key) continue;
      const values = isList(key)
        ? splitOutside(field.value, ',').filter((value) => value !== '')
        : [field.value];
      if (values.length === 0) continue;
      const left = [...instead, ...values.slice(1)];
      this.#fields.splice(index, 1, ...(left.length > 0 ? [{ ...field, value: left.join(', ') }] : []));
      return values[0];
    }
    return undefined;
  }
}
