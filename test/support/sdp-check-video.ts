/** The rules for a video line of an answer (RFC 3264 §6, RFC 6184 §8.2.2, RFC 4585 §4.2), read apart from the product. */
import { expect } from 'vitest';

/** MaxFS, MaxMBPS and MaxBR (in 1000 bit/s) of ITU-T H.264 table A-1, by level_idc. */
const levels: Readonly<Partial<Record<number, readonly [number, number, number]>>> = {
  10: [99, 1485, 64],
  11: [396, 3000, 192],
  12: [396, 6000, 384],
  13: [396, 11_880, 768],
  20: [396, 11_880, 2000],
  21: [792, 19_800, 4000],
  22: [1620, 20_250, 4000],
  30: [1620, 40_500, 10_000],
  31: [3600, 108_000, 14_000],
};

/** Attributes that an answered video line may have. */
const known =
  /^a=(?:rtpmap|fmtp|mid|crypto|fingerprint|setup|tls-id|ice-ufrag|ice-pwd|ice-mismatch|candidate|rtcp|rtcp-mux|rtcp-fb|content|sendrecv|sendonly|recvonly|inactive)(?::|$)/;

const codecs = ['h264/90000', 'vp8/90000', 'h263-1998/90000', 'h263/90000'];

/** A media section's lines, its m-line left out. */
function linesOf(sdp: string, index: number): string[] {
  const section = sdp.split(/(?:^|\r\n|\r|\n)m=/)[index + 1] ?? '';
  return section.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
}

function codecOf(lines: readonly string[], format: string): string | undefined {
  const map = lines.find((line) => line.startsWith(`a=rtpmap:${format} `));
  return (
    map
      ?.split(/ +/)[1]
      ?.toLowerCase()
      .replace(/000\/1$/, '000') ?? (format === '34' ? 'h263/90000' : undefined)
  );
}

/** `name=value` of all fmtp lines of a format, names in lower case; H.263's may have spaces between them. */
function parametersOf(lines: readonly string[], format: string, codec: string): Map<string, string> {
  const words = lines
    .filter((line) => line.startsWith(`a=fmtp:${format} `))
    .flatMap((line) => line.replace(/^\S+\s+/, '').split(codec.startsWith('h263') ? /[;\s]+/ : ';'));
  return new Map(
    words.map((word) => {
      const [name, ...value] = word.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim()] as const;
    }),
  );
}

/** profile_idc with its flags, and level_idc; five digits lack the level's zero, and nothing is 42000a. */
function profileLevelOf(parameters: ReadonlyMap<string, string>): { profile: string; level: number } {
  const id = (parameters.get('profile-level-id') ?? '').toLowerCase() || '42000a';
  return { profile: id.slice(0, 4), level: Number.parseInt(id.slice(4), 16) };
}

function expectLawfulH264(offered: ReadonlyMap<string, string>, answered: ReadonlyMap<string, string>): void {
  const [theirs, ours] = [profileLevelOf(offered), profileLevelOf(answered)];
  expect(answered.get('profile-level-id')).toMatch(/^[0-9a-f]{6}$/);
  expect(ours.profile).toBe(theirs.profile);
  expect(answered.get('packetization-mode') ?? '0').toBe(offered.get('packetization-mode') ?? '0');
  const asymmetric = answered.get('level-asymmetry-allowed') === '1';
  if (asymmetric) expect(offered.get('level-asymmetry-allowed')).toBe('1');
  // There is none below level 1.
  else expect(ours.level).toBeLessThanOrEqual(Math.max(theirs.level, 10));
  const least = levels[ours.level];
  // Each promises more than the level (RFC 6184 §8.1).
  for (const [position, name] of ['max-fs', 'max-mbps', 'max-br'].entries()) {
    const value = answered.get(name);
    if (value !== undefined && least) expect(Number(value)).toBeGreaterThan(least[position]);
  }
  if (answered.has('max-fps')) expect(offered.has('max-fps')).toBe(true);
}

/** Picture sizes are a subset of the offered ones, and come no more often; without any QCIF is meant. */
function expectLawfulH263(offered: ReadonlyMap<string, string>, answered: ReadonlyMap<string, string>): void {
  const interval = (...names: string[]): number | undefined =>
    names
      .map((name) => Number(offered.get(name)))
      .find((value) => Number.isInteger(value) && value >= 1 && value <= 32);
  const cif = interval('cif', 'cif4');
  expect(answered.get('cif')).toBe(cif === undefined ? undefined : String(cif));
  expect(Number(answered.get('qcif'))).toBeGreaterThanOrEqual(interval('qcif') ?? 1);
}

/** What feedback is offered for a format: `ccm` with several words offers each of them. */
function feedbackOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith('a=rtcp-fb:'))
    .flatMap((line) => {
      const [types, name, ...words] = line.slice('a=rtcp-fb:'.length).split(/[\s|]+/);
      if (name === 'ccm') return words.map((word) => `${types} ccm ${word}`);
      return [[types, name, ...words].join(' ')];
    });
}

/** RFC 4796 §5: a list. */
function contentsOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith('a=content:'))
    .flatMap((line) => line.slice('a=content:'.length).split(','));
}

/** A line that is used: one codec as it was offered, nothing that was not offered, and a limit on what we take. */
export function expectLawfulVideo(
  offer: string,
  answer: string,
  index: number,
  formats: readonly string[],
): void {
  const [asked, given] = [linesOf(offer, index), linesOf(answer, index)];
  for (const line of given.filter((one) => one.startsWith('a='))) expect(line).toMatch(known);
  const contents = contentsOf(asked);
  if (contents.includes('slides')) expect(contents).toContain('main');
  expect(new Set(formats.map((format) => codecOf(given, format))).size).toBe(1);
  for (const format of formats) {
    const codec = codecOf(given, format) ?? '';
    expect(codecs).toContain(codec);
    expect(codec).toBe(codecOf(asked, format));
    const [theirs, ours] = [asked, given].map((lines) => parametersOf(lines, format, codec));
    if (codec === 'h264/90000') expectLawfulH264(theirs, ours);
    if (codec.startsWith('h263')) expectLawfulH263(theirs, ours);
    if (codec === 'vp8/90000') expect([...ours]).toEqual([]);
  }
  const offered = feedbackOf(asked);
  for (const one of feedbackOf(given)) {
    expect(offered).toContain(one);
    expect(['*', ...formats]).toContain(one.split(' ')[0]);
    expect(one).toMatch(/ (?:nack|nack pli|ccm fir|ccm tmmbr)$/);
  }
  expect(given.filter((line) => /^b=(?:AS|TIAS):[1-9]\d*$/.test(line))).toHaveLength(2);
  for (const content of contentsOf(given)) expect(contents).toContain(content);
}
