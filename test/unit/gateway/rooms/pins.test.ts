import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPinShaped, isSimplePin, makePin } from '../../../../gateway/rooms/pins.ts';

describe('simple PINs', () => {
  it.each([
    ['one digit', '000000'],
    ['two digits', '122112'],
    ['a row upwards', '123456'],
    ['a row downwards', '987654'],
    ['a row over the nine', '890123'],
    ['a row within', '905678'],
    ['four alike', '913333'],
    ['a repeated group', '483483'],
    ['a repeated pair', '12712712'.slice(0, 6)],
    ['a mirrored one', '483384'],
    ['a birthday', '240185'],
    ['an American birthday', '122585'],
    ['a date that begins with the year', '850124'],
    ['a long birthday', '24011985'],
    ['a long date', '19850124'],
    ['a long American birthday', '01241985'],
  ])('%s: %s', (_what, pin) => expect(isSimplePin(pin)).toBe(true));

  it.each(['271946', '583016', '90417', '92750361', '40718293'])('%s is not simple', (pin) =>
    expect(isSimplePin(pin)).toBe(false),
  );
});

describe('PINs that are made', () => {
  it('have their length, are digits, and are never simple', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 8 }), (length) => {
        const pin = makePin(length);
        expect(pin).toMatch(new RegExp(`^[0-9]{${length}}$`));
        expect(isSimplePin(pin)).toBe(false);
        expect(isPinShaped(pin)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('differ: of 2,000 with eight digits hardly any comes twice, and each digit stands everywhere', () => {
    const pins = Array.from({ length: 2000 }, () => makePin(8));
    expect(new Set(pins).size).toBeGreaterThan(1990);
    for (let place = 0; place < 8; place++) {
      expect(new Set(pins.map((pin) => pin[place])).size).toBe(10);
    }
  });
});

it('takes only digits of a sensible number for a PIN', () => {
  for (const text of ['', '123', '1'.repeat(13), '12345a', '１２３４５６', ' 123456', '123456\n']) {
    expect(isPinShaped(text)).toBe(false);
  }
});
