import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { answerOffer, makeOffer, readAnswer } from '../../gateway/sip/offer-answer.ts';
import { readAddress, readUri } from '../../gateway/sip/call-facts.ts';
import { readInfo } from '../../gateway/sip/info-digits.ts';
import { localSecurity } from '../support/sdp-security.ts';
import { expectLawfulAnswer } from '../support/sdp-check.ts';

const folder = 'test/fixtures/sdp';
const offers = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
const local = {
  address: '198.51.100.7',
  rtpPort: 20_000,
  rtcpPort: 20_001,
  sessionId: 1,
  version: 1,
  supported: ['PCMU', 'PCMA'] as const,
  security: localSecurity(),
  ice: null,
};

const words = [
  '0',
  '8',
  '-1',
  '65535',
  '65536',
  'm=audio',
  'RTP/AVP',
  'RTP/SAVP',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '|2^48|1:4',
  '0.0.0.0',
  '\r\n',
  '\0',
  '=',
  ' ',
  '/',
  ':',
  '∞',
];
const piece = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12 }));

/** An offer of a device with a few cuts, insertions, swapped and repeated lines. */
const mutated = fc
  .tuple(
    fc.constantFrom(...offers),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat({ max: 20 }),
        put: piece,
        repeatLine: fc.boolean(),
      }),
      { maxLength: 6 },
    ),
  )
  .map(([offer, edits]) =>
    edits.reduce((text, { at, cut, put, repeatLine }) => {
      const position = Math.floor(at * text.length);
      if (!repeatLine) return text.slice(0, position) + put + text.slice(position + cut);
      const lines = text.split('\r\n');
      const line = Math.floor(at * lines.length);
      lines.splice(line, 0, lines[line] ?? '');
      return lines.join('\r\n');
    }, offer),
  );

/** Long rows of what expressions repeat. */
const rows = ['1', '1,', '1 ', '1-', ' ', '-', 'events=', 'a/', 'a.', ':', ';', '|', '^'].flatMap((row) =>
  [
    'fmtp:101 ',
    'rtpmap:101 ',
    'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:',
    'candidate:',
    'rtcp-xr:',
    'setup:',
  ].map(
    (attribute) =>
      `v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=${attribute}${row.repeat(2000)}x\r\n`,
  ),
);

describe('garbled session descriptions', () => {
  it('are refused or answered by the rules, and never throw', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 400 })), (offer) => {
        const result = answerOffer(offer, local);
        if (result.ok) expectLawfulAnswer(offer.replaceAll(/\r(?!\n)/g, '\r\n'), result.answerSdp);
      }),
      { numRuns: 3000, examples: rows.map((offer) => [offer]) },
    );
  });

  it('are no danger as answers', () => {
    const { shape } = makeOffer(local);
    fc.assert(
      fc.property(mutated, (answer) => {
        readAnswer(answer, local, shape);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('garbled addresses and INFO bodies', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          'sip:',
          'tel:',
          '"',
          '\\',
          '<',
          '>',
          '@',
          ';',
          ':',
          '[',
          ']',
          '%',
          '%41',
          'a',
          '1',
          '.',
        ),
      )
      .map((parts) => parts.join('')),
  );
  it('never throw', () => {
    fc.assert(
      fc.property(text, (value) => {
        readAddress(value);
        readUri(value, '');
        readInfo('application/dtmf-relay', value);
        readInfo('application/dtmf', value);
      }),
      { numRuns: 3000 },
    );
  });
});
