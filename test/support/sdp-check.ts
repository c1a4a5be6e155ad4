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
  /^v=0\r\no=- \d+ \d+ IN IP[46] \S+\r\ns=-\r\nc=IN IP[46] \S+\r\nt=\d+ \d+\r\n(?:m=\S+ \d+ \S+(?: \S+)+\r\n(?:a=\S[^\r\n]*\r\n)*)*$/;

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
    expectLawfulSecurity(offer, index, line.proto, parsed.media[index].crypto);
    expect(parsed.media[index].rtp.map(({ payload }) => String(payload))).toEqual(line.formats);
  });
}

/** RFC 4568 §5.1.2: one of the offered keys' tags and suites, on a secured line always; never a key that is not asked for. */
function expectLawfulSecurity(
  offer: string,
  index: number,
  proto: string,
  answered: readonly { readonly id: number; readonly suite: string; readonly config: string }[] | undefined,
): void {
  expect(proto).toMatch(/^RTP\/S?AVPF?$/);
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
