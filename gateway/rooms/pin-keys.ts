import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { PinKeysUnusable } from './errors.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

const secret = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === keyBytes, `must be ${keyBytes} bytes in base64`);

const keyFile = z
  .strictObject({
    version: z.literal(1),
    /** Id of the key that new PINs are made with. */
    current: z.string().min(1),
    keys: z
      .array(z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,32}$/), lookup: secret, display: secret }))
      .min(1),
  })
  .refine(({ current, keys }) => keys.some(({ id }) => id === current), 'current names no key');

interface Key {
  readonly id: string;
  /** For HMAC-SHA-256. */
  readonly lookup: Buffer;
  /** For AES-256-GCM. */
  readonly display: Buffer;
}

/** What is kept of the keys beside their secrets. */
export interface KeyIds {
  readonly current: string;
  readonly all: readonly string[];
}

/** The secrets that PINs are found and shown with. They stand outside the database, so that neither a copy of it nor a guess over its digests yields a PIN. */
export class PinKeys {
  readonly #file: string;
  readonly #keys: ReadonlyMap<string, Key>;
  readonly #current: Key;

  private constructor(file: string, keys: readonly Key[], current: Key) {
    this.#file = file;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#current = current;
  }

  /** Reads the file; makes it when there is none. Throws `PinKeysUnusable`. */
  static open(file: string): PinKeys {
    try {
      makeOnce(file);
      // It may have come by a copy that others could read.
      chmodSync(file, 0o600);
      const { keys, current } = keyFile.parse(JSON.parse(readFileSync(file, 'utf8')));
      const key = keys.find(({ id }) => id === current);
      if (key === undefined) throw new Error('current names no key');
      return new PinKeys(file, keys, key);
    } catch (error) {
      const what = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new PinKeysUnusable(file, what, error);
    }
  }

  get file(): string {
    return this.#file;
  }

  get currentId(): string {
    return this.#current.id;
  }

  get ids(): KeyIds {
    return { current: this.#current.id, all: [...this.#keys.keys()] };
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /** HMAC-SHA-256(key, tenant ‖ 0x00 ‖ PIN) under the current key, base64url. */
  digest(tenant: string, pin: string): string {
    return digestWith(this.#current, tenant, pin);
  }

  /** The same under every key, while PINs of older ones are about. */
  digests(tenant: string, pin: string): string[] {
    return [...this.#keys.values()].map((key) => digestWith(key, tenant, pin));
  }

  /** AES-256-GCM under the current key: nonce ‖ tag ‖ ciphertext, base64url. `owner` is bound to it, so that copies can't change places. */
  seal(pin: string, owner: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#current.display, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(pin, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  /** Throws `PinKeysUnusable` when the key is unknown or not the one that sealed it. */
  unseal(sealed: string, keyId: string, owner: string): string {
    const key = this.#keys.get(keyId);
    if (key === undefined) throw new PinKeysUnusable(this.#file, `the key ${keyId} is missing`);
    try {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key.display, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (error) {
      throw new PinKeysUnusable(
        this.#file,
        `the key ${keyId} is not the one that a PIN was sealed with`,
        error,
      );
    }
  }
}

/** Adds a key that nothing uses yet; its id. Throws `PinKeysUnusable`. */
export function addKey(file: string): string {
  const id = newId();
  rewrite(file, ({ current, keys }) => ({ current, keys: [...keys, newKey(id)] }));
  return id;
}

/** From now on PINs are made with this one of the keys. Throws `PinKeysUnusable`. */
export function useKey(file: string, id: string): void {
  rewrite(file, ({ keys }) => ({ current: id, keys }));
}

/** Throws `PinKeysUnusable`. */
export function removeKeys(file: string, ids: readonly string[]): void {
  rewrite(file, ({ current, keys }) => ({ current, keys: keys.filter(({ id }) => !ids.includes(id)) }));
}

interface FileKeys {
  readonly current: string;
  readonly keys: readonly { readonly id: string }[];
}

/** All at once: a gateway that reads meanwhile sees the file before or after, never a part. */
function rewrite(file: string, change: (content: FileKeys) => FileKeys): void {
  PinKeys.open(file);
  const content = JSON.parse(readFileSync(file, 'utf8')) as FileKeys;
  const draft = `${file}.${newId()}`;
  const text = JSON.stringify({ version: 1, ...change(content) }, null, 2);
  writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, file);
}

const newId = (): string => randomBytes(4).toString('hex');

function newKey(id: string) {
  const key = () => randomBytes(keyBytes).toString('base64');
  return { id, lookup: key(), display: key() };
}

function digestWith(key: Key, tenant: string, pin: string): string {
  return createHmac('sha256', key.lookup).update(`${tenant}\0${pin}`).digest('base64url');
}

/** Two gateways that start together on one folder end up with one file: a link never replaces. */
function makeOnce(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const id = newId();
  const content = { version: 1, current: id, keys: [newKey(id)] };
  const draft = `${file}.${id}`;
  try {
    readFileSync(file);
    return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
