import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PinKeys } from '../../../../gateway/rooms/pin-keys.ts';

let folder: string;
let file: string;

interface KeyFile {
  version: number;
  current: string;
  keys: { id: string; lookup: string; display: string }[];
}
const read = () => JSON.parse(readFileSync(file, 'utf8')) as KeyFile;
const write = (content: unknown) =>
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pin-keys-'));
  file = join(folder, 'data', 'pin-keys.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the file', () => {
  it('is made once, for its owner only, and nothing is left beside it', () => {
    const id = PinKeys.open(file).currentId;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(PinKeys.open(file).currentId).toBe(id);
    expect(readdirSync(join(folder, 'data'))).toEqual(['pin-keys.json']);
  });

  it('is closed to others when it was open', () => {
    PinKeys.open(file);
    chmodSync(file, 0o644);
    PinKeys.open(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (good: KeyFile) => unknown]>([
    ['no JSON', () => '{"version": 1'],
    ['an unknown key', (good) => ({ ...good, more: 1 })],
    ['a short secret', (good) => ({ ...good, keys: [{ ...good.keys[0], lookup: 'AAAA' }] })],
    ['no keys', (good) => ({ ...good, keys: [] })],
    ['a current key that is not there', (good) => ({ ...good, current: 'other' })],
  ])('with %s is refused by name, and left as it is', (_what, spoil) => {
    PinKeys.open(file);
    write(spoil(read()));
    const before = readFileSync(file, 'utf8');
    expect(() => PinKeys.open(file)).toThrow(/pin-keys\.json.*can’t be used/s);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('never shows a secret in its errors', () => {
    PinKeys.open(file);
    const good = read();
    write({ ...good, current: 'other' });
    const error: unknown = (() => {
      try {
        return PinKeys.open(file);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error)).not.toContain(good.keys[0].lookup);
  });
});

describe('a PIN', () => {
  it('comes back from its sealed copy, which never looks the same twice', () => {
    const keys = PinKeys.open(file);
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{4,12}$/), fc.string(), (pin, owner) => {
        const sealed = keys.seal(pin, owner);
        expect(keys.seal(pin, owner)).not.toBe(sealed);
        expect(keys.unseal(sealed, keys.currentId, owner)).toBe(pin);
      }),
    );
  });

  it('does not come back for another owner, by another key, or from a spoilt copy', () => {
    const keys = PinKeys.open(file);
    const sealed = keys.seal('271946', 'm1/host');
    const spoilt = (sealed.startsWith('A') ? 'B' : 'A') + sealed.slice(1);
    for (const attempt of [
      () => keys.unseal(sealed, keys.currentId, 'm2/host'),
      () => keys.unseal(sealed, 'other', 'm1/host'),
      () => keys.unseal(spoilt, keys.currentId, 'm1/host'),
      () => keys.unseal('', keys.currentId, 'm1/host'),
      () => keys.unseal(sealed.slice(0, 20), keys.currentId, 'm1/host'),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'PIN_KEYS_UNUSABLE' }));
    }
  });

  it('has one digest per tenant, which tells nothing without the key', () => {
    const keys = PinKeys.open(file);
    expect(keys.digest('a', '271946')).toBe(keys.digest('a', '271946'));
    expect(keys.digest('a', '271946')).not.toBe(keys.digest('b', '271946'));
    expect(keys.digest('a', '271946')).not.toBe(
      PinKeys.open(join(folder, 'other.json')).digest('a', '271946'),
    );
  });

  it('is still found and shown after the keys were changed', () => {
    const old = PinKeys.open(file);
    const sealed = old.seal('271946', 'm/host');
    const fresh = PinKeys.open(join(folder, 'fresh.json'));
    const added = (JSON.parse(readFileSync(join(folder, 'fresh.json'), 'utf8')) as KeyFile).keys[0];
    write({ ...read(), current: fresh.currentId, keys: [...read().keys, added] });

    const both = PinKeys.open(file);
    expect(both.currentId).toBe(fresh.currentId);
    expect(both.digests('a', '271946')).toContain(old.digest('a', '271946'));
    expect(both.unseal(sealed, old.currentId, 'm/host')).toBe('271946');
  });
});
