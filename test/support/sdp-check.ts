import { parse } from 'sdp-transform';
import { expect } from 'vitest';
import { expectLawfulVideo } from './sdp-check-video.ts';

/** An m-line by its four parts; a reading of its own, apart from the product's. */
export interface MediaLine {
  readonly kind: string;
  readonly port: number;
  readonly proto: string;
  readonly formats: readonly string[];
}

export function mediaLines(sdp: string): MediaLine[] {
  return sdp
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('m='))
    .map((line) => {
      const [kind = '', port = '', proto = '', ...formats] = line.slice(2).trim().split(/ +/);
      return { kind, port: Number.parseInt(port, 10), proto, formats };
    });
}

const order =
  /^v=0\r\no=- \d+ \d+ IN IP[46] \S+\r\ns=-\r\nc=IN IP[46] \S+\r\nt=\d+ \d+\r\n(?:a=\S[^\r\n]*\r\n)*(?:m=\S+ \d+ \S+(?: \S+)+\r\n(?:b=(?:AS|TIAS):\d+\r\n)*(?:a=\S[^\r\n]*\r\n)*)*$/;

/** The lines of one media section, its m-line left out; of the session's own without index. */
function attributesOf(sdp: string, index = -1): string[] {
  const section = sdp.split(/(?:^|\r\n|\r|\n)m=/)[index + 1] ?? '';
  return section
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.startsWith('a='));
}

function directionOf(sdp: string, index: number): string {
  const found = [...attributesOf(sdp, index), ...attributesOf(sdp)].find((line) =>
    /^a=(?:sendrecv|sendonly|recvonly|inactive)(?::|$)/.test(line),
  );
  return found?.slice(2).split(':')[0] ?? 'sendrecv';
}

/** RFC 3264 §6.1, when the answerer wants all that it can have. */
const turned: Readonly<Record<string, string>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** RFC 3551 §6, of the types that the product takes. */
const staticTypes: Readonly<Record<string, string>> = {
  '0': 'pcmu/8000',
  '8': 'pcma/8000',
  '9': 'g722/8000',
  '13': 'cn/8000',
};

function meaningOf(sdp: string, index: number, format: string): string | undefined {
  const map = attributesOf(sdp, index).find((line) => line.startsWith(`a=rtpmap:${format} `));
  const named = map?.split(/ +/)[1]?.toLowerCase();
  return named?.replace(/^(pcm[ua]|g722|cn)\/8000\/1$/, '$1/8000') ?? staticTypes[format];
}

/** Telephone events in `a=fmtp`; undefined: no key is listed, or not as RFC 4733 §2.4.1 lists them. */
function eventsOf(sdp: string, index: number, format: string): Set<number> | undefined {
  const name = `a=fmtp:${format} `;
  const lists = attributesOf(sdp, index)
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length));
  if (
    lists.length === 0 ||
    lists.some((list) => !/^ *(?:events=)?(?:\d{1,3}(?:-\d{1,3})?(?:, *| +|$)){1,32}$/.test(list))
  )
    return undefined;
  const events = new Set<number>();
  for (const [, from = '0', to = from] of lists.join(',').matchAll(/(\d+)(?:-(\d+))?/g))
    for (let event = Number(from); event <= Math.min(Number(to), 255); event++) events.add(event);
  return [...events].some((event) => event <= 15) ? events : undefined;
}

/** A line that is used: its direction, and nothing of the transport that was not offered. */
function expectLawfulStream(offer: string, answer: string, index: number): void {
  const lines = attributesOf(answer, index);
  const held = /c=IN IP[46] (?:0\.0\.0\.0|::)\s/.test(offer);
  if (!held) expect(directionOf(answer, index)).toBe(turned[directionOf(offer, index)]);
  for (const attribute of ['a=rtcp-mux', 'a=mid:', 'a=rtcp-xr'])
    if (lines.some((line) => line.startsWith(attribute))) expect(offer).toContain(attribute);
}

/** What each type means, key events, packet times. */
function expectLawfulAudio(offer: string, answer: string, index: number, formats: readonly string[]): void {
  for (const format of formats) {
    const meaning = meaningOf(answer, index, format);
    expect(meaning).toBeDefined();
    expect(meaning).toBe(meaningOf(offer, index, format));
    if (!meaning?.startsWith('telephone-event/')) continue;
    const allowed = eventsOf(offer, index, format);
    for (const event of eventsOf(answer, index, format) ?? [])
      expect(allowed === undefined ? event <= 15 : allowed.has(event)).toBe(true);
  }
  const number = (sdp: string, name: string): number | undefined => {
    const text = attributesOf(sdp, index).find((line) => line.startsWith(`a=${name}:`));
    const value = text?.slice(name.length + 3) ?? '';
    // Less than 10 ms nobody sends.
    return /^\d+$/.test(value) && Number(value) >= 10 ? Number(value) : undefined;
  };
  expect(number(answer, 'ptime')).toBeLessThanOrEqual(number(offer, 'maxptime') ?? 60);
}

/**
 * The rules of RFC 3264 §6 and RFC 8866 §5 that any answer has to keep: the same media lines in the same
 * order and profile, one audio line used and one of video at most, each with ports and keys of its own, only formats
 * that were offered, each with its offered meaning, the direction turned round, no more key events than were offered.
 * A refused line has port 0 and says nothing else.
 */
export function expectLawfulAnswer(offer: string, answer: string): void {
  expect(answer).toMatch(order);
  const asked = mediaLines(offer);
  const given = mediaLines(answer);
  expect(given.map(({ kind, proto }) => [kind, proto])).toEqual(
    asked.map(({ kind, proto }) => [kind, proto]),
  );
  const used = given.filter(({ port }) => port !== 0);
  const kinds = used.map(({ kind }) => kind).sort();
  expect([['audio'], ['audio', 'video']]).toContainEqual(kinds);
  expect(new Set(used.map(({ port }) => port)).size).toBe(used.length);
  const secrets = answer.match(/^a=(?:crypto:\S+ \S+ |ice-pwd:)\S+/gm) ?? [];
  expect(new Set(secrets.map((line) => line.split(/[ :]/).at(-1))).size).toBe(secrets.length);
  const parsed = parse(answer);
  expect(parsed.media).toHaveLength(asked.length);
  given.forEach((line, index) => {
    const offered = asked[index];
    for (const format of line.formats) expect(offered.formats).toContain(format);
    if (line.port === 0) {
      for (const said of attributesOf(answer, index)) expect(attributesOf(offer, index)).toContain(said);
      return;
    }
    expectLawfulStream(offer, answer, index);
    if (line.kind === 'video') expectLawfulVideo(offer, answer, index, line.formats);
    else expectLawfulAudio(offer, answer, index, line.formats);
    expect(offered.port).not.toBe(0);
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
  const role = (text: string) => /^a=setup(?=:|\s*$):?(\S*)/im.exec(text)?.[1].toLowerCase();
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
  // The group is the audio's alone: what leaves it has a transport of its own.
  if (group && !ours[index].startsWith('video')) expect(ours[index]).toContain(`a=mid:${group[1]}\r\n`);
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
