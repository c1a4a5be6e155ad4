import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../gateway/sip/edge/message/address.ts';
import { responseTo } from '../../gateway/sip/edge/message/build.ts';
import { SipParseError } from '../../gateway/sip/edge/message/errors.ts';
import { Headers } from '../../gateway/sip/edge/message/headers.ts';
import { canonicalName } from '../../gateway/sip/edge/message/names.ts';
import { parseMessage } from '../../gateway/sip/edge/message/parse.ts';
import { serialize } from '../../gateway/sip/edge/message/serialize.ts';
import { defaultLimits } from '../../gateway/sip/edge/message/types.ts';
import type { SipMessage, SipRequest } from '../../gateway/sip/edge/message/types.ts';
import { formatUri, parseUri, uriEquals } from '../../gateway/sip/edge/message/uri.ts';
import { validateRequest } from '../../gateway/sip/edge/message/validate.ts';
import { formatVia, parseVia } from '../../gateway/sip/edge/message/via.ts';
import { newCounters } from '../../gateway/sip/edge/transport/counters.ts';
import { StreamFramer } from '../../gateway/sip/edge/transport/framing.ts';
import { Receiver } from '../../gateway/sip/edge/transport/receiver.ts';
import { responseDestination } from '../../gateway/sip/edge/transport/routing.ts';
import type { LocalAddress, Peer } from '../../gateway/sip/edge/transport/types.ts';
import { judge, ownFixture } from '../support/sip.ts';

const folder = new URL('../fixtures/sip', import.meta.url);
const seeds = readdirSync(folder)
  .filter((file) => file.endsWith('.sip'))
  .map(ownFixture);

const charsOf = (characters: string) => fc.constantFrom(...Array.from(characters));
const token = fc.string({ unit: charsOf("abcXYZ019-.!%*_+`'~"), minLength: 1, maxLength: 12 });
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((raw) => raw.replace(/\p{Cc}/gu, '').replace(/^[ \t]+|[ \t]+$/g, ''));
const user = fc.string({ unit: charsOf('abc019-_.!~*()&=+$,;?/'), minLength: 1, maxLength: 10 });
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const params = fc
  .array(
    fc.tuple(
      token.map((name) => name.toLowerCase()),
      fc.oneof(fc.constant(''), token),
    ),
    { maxLength: 4 },
  )
  .map((entries) => new Map(entries));

const uri = fc
  .record({ scheme: fc.constantFrom('sip' as const, 'sips' as const), user, host, port, params })
  .map((parts) => ({
    ...parts,
    // Only well-formed escapes are URIs.
    params: new Map(
      [...parts.params].map(([name, value]) => [name.replace(/%/g, '%25'), value.replace(/%/g, '%25')]),
    ),
    headers: new Map<string, string>(),
  }));

const header = fc.tuple(
  token.filter((name) => !/^(l|c|content-length|content-type)$/i.test(name)).map(canonicalName),
  text,
);
const headers = fc.array(header, { maxLength: 12 });
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

const message: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({ method: token, uri: uri.map(formatUri), headers, body }).map((parts) => ({
    kind: 'request' as const,
    ...parts,
    headers: Headers.from(parts.headers),
  })),
  fc.record({ status: fc.integer({ min: 100, max: 699 }), reason: text, headers, body }).map((parts) => ({
    kind: 'response' as const,
    ...parts,
    headers: Headers.from(parts.headers),
  })),
);

/** All that a message says, for comparison. */
function contents(parsed: SipMessage): unknown {
  const { headers: fields, body: bytes, ...start } = parsed;
  const entries = [...fields.entries()].map(({ name, value }) => [name, value]);
  return {
    ...start,
    fields: entries.filter(([name]) => name !== 'Content-Length'),
    body: bytes.toString('hex'),
  };
}

describe('what was written reads the same', () => {
  test('messages', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(contents(parseMessage(serialize(sent)))).toEqual(contents(sent));
      }),
      { numRuns: 500 },
    );
  });

  test('URIs', () => {
    fc.assert(
      fc.property(uri, (sent) => {
        const read = parseUri(formatUri(sent));
        expect(uriEquals(read, { ...sent, host: read.host })).toBe(true);
        expect(formatUri(read)).toBe(formatUri(sent));
      }),
    );
  });

  test('addresses', () => {
    fc.assert(
      fc.property(text, uri.map(formatUri), params, (displayName, address, fields) => {
        const sent = { displayName, uri: address, params: fields };
        expect(parseAddress(formatAddress(sent))).toEqual(sent);
      }),
    );
  });

  test('Vias', () => {
    fc.assert(
      fc.property(token, host, port, params, token, (transport, sentBy, sentPort, fields, branch) => {
        const sent = formatVia({
          protocol: 'SIP/2.0',
          transport: transport.toUpperCase(),
          host: sentBy,
          ...(sentPort !== undefined && { port: sentPort }),
          params: fields,
          branch,
        });
        expect(formatVia(parseVia(sent))).toBe(sent);
      }),
    );
  });

  test('a header that holds a line end starts no second header', () => {
    const forged = Headers.from([['Subject', 'x\r\nRoute: <sip:evil.example>\r\n\r\nbody']]);
    const sent = serialize({
      kind: 'response',
      status: 200,
      reason: 'a\r\nb: c',
      headers: forged,
      body: Buffer.alloc(0),
    });
    expect(parseMessage(sent).headers.has('Route')).toBe(false);
    expect(parseMessage(sent).headers.has('b')).toBe(false);
  });
});

interface Edit {
  readonly at: number;
  readonly kind: 'put' | 'insert' | 'cut' | 'repeat';
  readonly byte: number;
  readonly length: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom('put', 'insert', 'cut', 'repeat'),
  byte: fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(...Buffer.from('\r\n \t:;,"<>\\@?=[]/%0-\0')),
  ),
  length: fc.integer({ min: 1, max: 300 }),
});

function apply(bytes: Buffer, { at, kind, byte, length }: Edit): Buffer {
  const place = Math.floor(at * bytes.length);
  const before = bytes.subarray(0, place);
  switch (kind) {
    case 'put':
      return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(place + 1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(place)]);
    case 'cut':
      return Buffer.concat([before, bytes.subarray(place + length)]);
    case 'repeat':
      return Buffer.concat([before, Buffer.alloc(length, byte), bytes.subarray(place)]);
  }
}

describe('whatever comes, the parser returns or throws SipParseError', () => {
  test('valid messages with bytes put, inserted, cut and repeated', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (seed, edits) => {
          judge(edits.reduce(apply, seed));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('what is answered gets an answer that can be read, and goes to where the request came from', () => {
    const from: Peer = { transport: 'udp', address: '203.0.113.9', port: 40_000 };
    const on: LocalAddress = { transport: 'udp', address: '127.0.0.1', port: 5060 };
    const answer = (request: SipRequest, status: number): void => {
      const response = responseTo(request, status, undefined, 'tag');
      expect(responseDestination(response, from).transport).toBe('udp');
      if (validateRequest(request) === null) expect(judge(serialize(response))).toBe('taken');
      else parseMessage(serialize(response));
    };
    const receiver = new Receiver({
      counters: newCounters(),
      limits: defaultLimits,
      handlers: {
        onMessage: (parsed) => {
          if (parsed.kind === 'request') answer(parsed, 200);
        },
        onInvalid: (error) => {
          if (error.partial) answer(error.partial, error.status);
        },
        onPeerError: () => undefined,
      },
    });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }), (seed, edits) => {
        receiver.takeDatagram(edits.reduce(apply, seed), from, on);
      }),
      { numRuns: 2_000 },
    );
  });

  test('noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        judge(Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '"',
    '<',
    '>',
    ',',
    ';',
    '\\',
    '"\\',
    '<>',
    ';a',
    ',<',
    ' ',
    '\t',
    '%',
    '[',
    ':::1',
    '@',
    '\n ',
    ':',
    'a/',
  ])('a header of 60,000 bytes of %j takes no time', (unit) => {
    const filler = unit.repeat(Math.floor(60_000 / unit.length));
    const from = performance.now();
    for (const name of ['Via', 'From', 'To', 'CSeq', 'Contact', 'Content-Length', 'X']) {
      const text = `OPTIONS sip:${filler}@x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z\r\n${name}: a${filler}b\r\n\r\n`;
      const limits = {
        ...defaultLimits,
        maxMessageBytes: 200_000,
        maxLineBytes: 200_000,
        maxHeaders: 100_000,
      };
      try {
        const { headers: fields } = parseMessage(Buffer.from(text), limits);
        fields.getAll(name);
        parseAddress(fields.get(name) ?? '');
      } catch (error) {
        expect(error).toBeInstanceOf(SipParseError);
      }
    }
    // Quadratic work on 60,000 bytes takes seconds each.
    expect(performance.now() - from).toBeLessThan(1_500);
  });
});

/** What a framer makes of a stream that comes in these segments. */
function frame(segments: readonly Buffer[]): unknown[] {
  const seen: unknown[] = [];
  const framer = new StreamFramer(defaultLimits, {
    onMessage: (parsed) => seen.push(contents(parsed)),
    onInvalid: (error) => seen.push(`invalid ${error.code}`),
    onPing: () => seen.push('ping'),
    onLost: (error) => seen.push(`lost ${error.code}`),
  });
  for (const segment of segments) framer.push(segment);
  return seen;
}

describe('a TCP stream is cut anywhere', () => {
  const taken = ['tortuous-invite', 'twice-content-length', 'escapes', 'spaced-request-line', 'ipv6'];
  const stream = Buffer.concat([
    ...taken.flatMap((name) => [ownFixture(`${name}.sip`), Buffer.from('\r\n\r\n')]),
    ownFixture('upper-case-names.sip'),
  ]);
  const whole = frame([stream]);

  test('the stream holds what it should', () => {
    expect(whole.filter((item) => typeof item === 'object')).toHaveLength(5);
    expect(whole.filter((item) => typeof item === 'string')).toEqual([
      'ping',
      'ping',
      'ping',
      'invalid SIP_START_LINE',
      'ping',
      'ping',
    ]);
  });

  test('at every single place', () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(frame([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole);
    }
  });

  test('byte by byte', () => {
    expect(frame(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  test('noise in the stream ends it or is skipped, and never throws', () => {
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 700 }),
        (edits, size) => {
          const bytes = edits.reduce(apply, stream);
          const segments: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += size) segments.push(bytes.subarray(at, at + size));
          expect(frame(segments)).toEqual(frame([bytes]));
        },
      ),
      { numRuns: 300 },
    );
  });
});
