import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { languageOf, verstatOf } from '../../../../gateway/sip/caller-claims.ts';

const fields =
  (all: Readonly<Record<string, string>>) =>
  (name: string): string | undefined =>
    all[name];

describe('what a trunk says of the calling number', () => {
  it.each([
    [
      'p-asserted-identity',
      '<sip:+4930123;verstat=TN-Validation-Passed@carrier.example;user=phone>',
      'passed',
    ],
    ['p-asserted-identity', '<tel:+4930123;verstat=TN-Validation-Failed>', 'failed'],
    ['p-asserted-identity', '"Ada" <sip:+4930123@carrier.example>;verstat=TN-Validation-Passed', 'passed'],
    ['from', '<sip:+4930123@carrier.example;verstat=TN-Validation-Passed-A>;tag=1', 'passed'],
    ['from', 'sip:+4930123@carrier.example;verstat=No-TN-Validation', 'none'],
    ['x-twilio-verstat', 'TN-Validation-Passed-A', 'passed'],
    ['x-twilio-verstat', 'TN-Validation-Failed-C', 'failed'],
    ['from', '<sip:+4930123@carrier.example>;tag=1', 'none'],
    // Whoever calls chooses the name.
    ['from', '"x;verstat=TN-Validation-Passed" <sip:+4930123@carrier.example>', 'none'],
    ['from', 'x;verstat=TN-Validation-Passed <sip:+4930123@carrier.example>', 'none'],
    ['from', String.raw`"a\";verstat=TN-Validation-Passed" <sip:1@b>`, 'none'],
    ['from', '"open;verstat=TN-Validation-Passed <sip:1@b>', 'none'],
  ] as const)('%s: %s', (name, value, verdict) => {
    expect(verstatOf(fields({ [name]: value }), 'carrier')).toBe(verdict);
    // Anybody else can write what they like.
    expect(verstatOf(fields({ [name]: value }), null)).toBe('none');
  });

  it('counts first where the network asserts the identity', () => {
    const both = fields({
      'p-asserted-identity': '<tel:+1;verstat=TN-Validation-Failed>',
      from: '<tel:+1;verstat=TN-Validation-Passed>',
    });
    expect(verstatOf(both, 'carrier')).toBe('failed');
  });
});

describe('what the device would rather hear', () => {
  it.each([
    ['de', 'de'],
    ['de-AT, en;q=0.5', 'de-AT'],
    ['en;q=0.3, de;q=0.8, fr;q=0.8', 'de'],
    ['de;q=0, en', 'en'],
    ['*', null],
    ['', null],
    ['de;q=7', null],
    ['x', null],
  ])('%s', (value, language) => {
    expect(languageOf(fields({ 'accept-language': value }))).toBe(language);
  });

  it('takes whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5000 }), (value) => {
        const language = languageOf(fields({ 'accept-language': value }));
        expect(language === null || /^[a-z]{2,8}(-[a-z\d]{1,8})*$/i.test(language)).toBe(true);
        verstatOf(fields({ from: value, 'p-asserted-identity': value }), 'carrier');
      }),
    );
  });
});
