import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IceSession } from '../../gateway/sip/ice-session.ts';
import { answerOffer, readAnswer } from '../../gateway/sip/offer-answer.ts';
import { makeOffer } from '../../gateway/sip/own-offer.ts';
import { readAddress, readUri } from '../../gateway/sip/call-facts.ts';
import { readInfo } from '../../gateway/sip/info.ts';
import { expectCarriable } from '../support/leg-config.ts';
import { localSecurity } from '../support/sdp-security.ts';
import { expectLawfulAnswer, mediaLines } from '../support/sdp-check.ts';

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
  video: { rtpPort: 21_000, security: localSecurity(), ice: new IceSession('full') },
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
  'm=video',
  'H264/90000',
  'profile-level-id=',
  'packetization-mode=1',
  'content:slides',
  'rtcp-fb:* ',
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
const rows = ['1', '1,', '1 ', '1-', ' ', '-', 'events=', ' mstrm:', 'a/', 'a.', ':', ';', '|', '^'].flatMap(
  (row) =>
    [
      'fmtp:101 ',
      'rtpmap:101 ',
      'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:',
      'candidate:',
      'rtcp-xr:',
      'setup:',
      'fmtp:97 profile-level-id=42e01f;',
      'fmtp:97 sprop-parameter-sets=',
      'fmtp:34 ',
      'rtcp-fb:* ccm ',
      'floorid:1 ',
      'label:',
      'content:',
    ].map(
      (attribute) =>
        `v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=${attribute}${row.repeat(2000)}x\r\n` +
        `m=video 5006 RTP/AVP 97 34\r\na=rtpmap:97 H264/90000\r\na=${attribute}${row.repeat(2000)}x\r\n` +
        // Without a label nobody looks for the floor's streams.
        'a=label:1\r\n',
    ),
);

describe('garbled session descriptions', () => {
  it('are refused or answered by the rules, and never throw', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 400 })), (offer) => {
        const result = answerOffer(offer, local);
        if (!result.ok) return;
        expectLawfulAnswer(offer.replaceAll(/\r(?!\n)/g, '\r\n'), result.answerSdp);
        expectCarriable(result.media);
      }),
      { numRuns: 3000, examples: rows.map((offer) => [offer]) },
    );
  });

  it('are no danger as answers', () => {
    const { shape } = makeOffer(local);
    fc.assert(
      fc.property(mutated, (answer) => {
        const read = readAnswer(answer, local, shape);
        if (read.ok) expectCarriable(read.media);
      }),
      { numRuns: 1000 },
    );
  });
});

/** Offers as devices could make them: any number of lines of any kind, formats, parameters and feedback in any order. */
const anyOffer = fc
  .record({
    session: fc.subarray(['b=AS:1024', 'b=TIAS:100', 'a=sendonly', 'a=group:BUNDLE a v']),
    lines: fc.array(
      fc.record({
        kind: fc.constantFrom('audio', 'video', 'video', 'application', 'control'),
        port: fc.constantFrom(0, 5000, 5002, 5004),
        proto: fc.constantFrom('RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF', 'UDP/BFCP'),
        formats: fc.uniqueArray(fc.constantFrom('0', '8', '34', '96', '97', '98', '99', '*'), {
          minLength: 1,
        }),
        attributes: fc.array(
          fc.constantFrom(
            'b=TIAS:512000',
            'b=AS:0',
            'c=IN IP4 0.0.0.0',
            ...['96', '97', '98', '99'].flatMap((type) => [
              ...['H264', 'VP8', 'H263-1998', 'H265', 'opus'].map((name) => `a=rtpmap:${type} ${name}/90000`),
              `a=fmtp:${type} profile-level-id=428014; max-mbps=244800;max-fs=8160`,
              `a=fmtp:${type} profile-level-id=64001F;packetization-mode=1;level-asymmetry-allowed=1`,
              `a=fmtp:${type} packetization-mode=2`,
              `a=fmtp:${type} CIF=2;QCIF=1`,
              `a=rtcp-fb:${type} nack pli`,
            ]),
            'a=rtcp-fb:* nack',
            'a=rtcp-fb:* ccm fir tmmbr',
            'a=rtcp-fb:* ccm cisco-scr',
            'a=content:slides',
            'a=content:main',
            'a=mid:a',
            'a=mid:v',
            'a=rtcp-mux',
            'a=rtcp:5999',
            'a=inactive',
            'a=recvonly',
            `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}`,
            'a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:short',
            'a=ice-ufrag:abcd',
            'a=ice-pwd:abcdefghijklmnopqrstuv',
          ),
          { maxLength: 16 },
        ),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ session, lines }) => {
    const order = (attributes: readonly string[]) => [
      ...attributes.filter((line) => !line.startsWith('a=')).slice(0, 1),
      ...attributes.filter((line) => line.startsWith('a=')),
    ];
    return [
      'v=0',
      'o=- 1 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      ...session,
      'm=audio 4000 RTP/AVP 0',
      ...lines.flatMap(({ kind, port, proto, formats, attributes }) => [
        `m=${kind} ${port} ${proto} ${formats.join(' ')}`,
        ...order(attributes),
      ]),
      '',
    ].join('\r\n');
  });

describe('any offer with a voice', () => {
  it('is answered line by line by the rules, with or without its video', () => {
    fc.assert(
      fc.property(anyOffer, (offer) => {
        const result = answerOffer(offer, local);
        if (!result.ok) return;
        expectLawfulAnswer(offer, result.answerSdp);
        expectCarriable(result.media);
      }),
      { numRuns: 2000 },
    );
  });

  it('can be taken to our own offer, and back', () => {
    fc.assert(
      fc.property(anyOffer, (offer) => {
        const result = answerOffer(offer, local);
        if (!result.ok) return;
        const { offerSdp, shape } = makeOffer(local, result.shape);
        const [theirs, ours] = [mediaLines(offer), mediaLines(offerSdp)];
        // RFC 3264 §8: the lines stay, and what is new comes at the end.
        expect(ours.slice(0, theirs.length).map(({ kind }) => kind)).toEqual(theirs.map(({ kind }) => kind));
        const other = answerOffer(offerSdp, { ...local, security: localSecurity(), ice: null });
        if (!other.ok) throw new Error(other.reason);
        expectLawfulAnswer(offerSdp, other.answerSdp);
        expect(readAnswer(other.answerSdp, local, shape).ok).toBe(true);
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
        readInfo('application/media_control+xml', value);
      }),
      { numRuns: 3000 },
    );
  });
});
