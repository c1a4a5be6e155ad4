import { parse } from 'sdp-transform';
import { expect } from 'vitest';

/** An m-line by its four parts; a reading of its own, apart from the product's. */
export interface MediaLine {
  readonly kind: string;
  readonly port: number;
  readonly proto: string;
  readonly formats: readonly string[];
}

export function mediaLines(sdp: string): MediaLine[] {
  return sdp
    .split(/\r\n|\n/)
    .filter((line) => line.startsWith('m='))
    .map((line) => {
      const [kind = '', port = '', proto = '', ...formats] = line.slice(2).trim().split(/ +/);
      return { kind, port: Number.parseInt(port, 10), proto, formats };
    });
}

const order =
  /^v=0\r\no=- \d+ \d+ IN IP[46] \S+\r\ns=-\r\nc=IN IP[46] \S+\r\nt=\d+ \d+\r\n(?:a=\S[^\r\n]*\r\n)*(?:m=\S+ \d+ \S+(?: \S+)+\r\n(?:a=\S[^\r\n]*\r\n)*)*$/;

/**
 * The rules of RFC 3264 §6 and RFC 8866 §5 that any answer has to keep: the same media lines in the same
 * order and profile, at most one of them used, only formats that were offered, each format with a meaning.
 */
export function expectLawfulAnswer(offer: string, answer: string): void {
  expect(answer).toMatch(order);
  const asked = mediaLines(offer);
  const given = mediaLines(answer);
  expect(given.map(({ kind, proto }) => [kind, proto])).toEqual(
    asked.map(({ kind, proto }) => [kind, proto]),
  );
  expect(given.filter(({ port }) => port !== 0)).toHaveLength(1);
  const parsed = parse(answer);
  expect(parsed.media).toHaveLength(asked.length);
  given.forEach((line, index) => {
    const offered = asked[index];
    for (const format of line.formats) expect(offered.formats).toContain(format);
    if (line.port === 0) return;
    expect(offered.port).not.toBe(0);
    expect(line.kind).toBe('audio');
    expectLawfulSecurity(offer, index, line.proto, parsed.media[index]);
    expectLawfulTransport(offer, index, answer);
    expect(parsed.media[index].rtp.map(({ payload }) => String(payload))).toEqual(line.formats);
  });
}

/** RFC 5763 §5, RFC 4145 §4.1, RFC 5761 §5.1.1, RFC 8839 §4.2: only what was offered, and a fitting role. */
function expectLawfulTransport(offer: string, index: number, answer: string): void {
  const [session = '', ...blocks] = offer.split(/^m=/m);
  const [ourSession = '', ...ours] = answer.split(/^m=/m);
  const asked = `${session}\r\n${blocks[index]}`;
  const role = (text: string) => /^a=setup:(\w+)/im.exec(text)?.[1].toLowerCase();
  const setup = role(ours[index]);
  if (setup !== undefined) {
    const fitting = new Map([
      ['actpass', ['active', 'passive']],
      ['passive', ['active']],
    ]);
    const offered = role(blocks[index]) ?? role(session) ?? 'active';
    // A role that nobody knows is none, and without one an offerer is active.
    expect(fitting.get(offered) ?? ['passive']).toContain(setup);
  }
  for (const word of ['rtcp-mux', 'ice-ufrag', 'ice-pwd', 'tls-id', 'mid'])
    if (new RegExp(`^a=${word}`, 'm').test(ours[index])) expect(asked).toMatch(new RegExp(`a=${word}`));
  const group = /^a=group:BUNDLE (.*)\r$/m.exec(ourSession);
  if (group) expect(ours[index]).toContain(`a=mid:${group[1]}\r\n`);
}

/** RFC 4568 §5.1.2: one of the offered keys' tags and suites, on a secured line always; never a key that is not asked for. */
function expectLawfulSecurity(
  offer: string,
  index: number,
  proto: string,
  media: ReturnType<typeof parse>['media'][number],
): void {
  const { crypto: answered, fingerprint, setup } = media;
  expect(proto).toMatch(/^(?:UDP\/TLS\/)?RTP\/S?AVPF?$/);
  if (fingerprint) {
    expect(fingerprint.type).toBe('sha-256');
    expect(setup).toBeDefined();
    expect(answered).toBeUndefined();
    return;
  }
  expect(proto).not.toContain('TLS');
  if (proto.includes('SAVP')) expect(answered).toHaveLength(1);
  if (!answered) return;
  const [{ id, suite, config }] = answered;
  const block = offer.split(/^m=/m)[index + 1];
  const asked = block.split(/\r\n|\r|\n/).map((line) => line.trim().split(/\s+/));
  expect(asked.map(([tag, name = '']) => `${tag} ${name.toUpperCase()}`)).toContain(
    `a=crypto:${id} ${suite}`,
  );
  expect(offer).not.toContain(config);
}
