/** Profiles, as SPS and profile-level-id write them, and profile-level-id itself (RFC 6184 §8.1). */
import type { H264Profile } from '../../ports/video.ts';
import { knownLevel, level1b, levelOf } from './levels.ts';

export interface ProfileAndLevel {
  readonly profile: H264Profile;
  /** A level of table A-1; 9 is level 1b. */
  readonly level: number;
}

const baselineIdc = 66;
const mainIdc = 77;
const extendedIdc = 88;
const highIdc = 100;

/** What is meant where nothing is written (RFC 6184 §8.1). */
const levelOneBaseline = '42000a';

/**
 * The profile that profile_idc and profile-iop mean together (RFC 6184 table 5); null: one that we don't know.
 * Streams that obey Baseline's and Main's constraints are Constrained Baseline, whatever profile_idc says.
 */
export function profileOf(profileIdc: number, profileIop: number): H264Profile | null {
  const set0 = (profileIop & 0x80) !== 0;
  const set1 = (profileIop & 0x40) !== 0;
  switch (profileIdc) {
    case baselineIdc:
      return set1 ? 'constrained-baseline' : 'baseline';
    case mainIdc:
      return set0 ? 'constrained-baseline' : 'main';
    case extendedIdc:
      if (set0) return set1 ? 'constrained-baseline' : 'baseline';
      return set1 ? 'main' : null;
    case highIdc:
      return 'high';
    default:
      return null;
  }
}

/**
 * Reads `profile-level-id`, in either case. Five digits, as some devices write them (`4280D`), lack the zero before the
 * level. Null: no such thing, or a profile that isn't ours.
 */
export function readProfileLevelId(text: string | null | undefined): ProfileAndLevel | null {
  const value = bytesOf(text);
  if (value === null) return null;
  const profileIop = (value >> 8) & 0xff;
  const profile = profileOf(value >> 16, profileIop);
  if (profile === null) return null;
  return { profile, level: knownLevel(levelOf(value & 0xff, (profileIop & 0x10) !== 0, profile)) };
}

/** The same profile at another level, as SDP writes it in six digits; null: `text` is no `profile-level-id`. */
export function atLevel(text: string | null | undefined, level: number): string | null {
  const value = bytesOf(text);
  if (value === null) return null;
  const [profileIdc, profileIop] = [value >> 16, (value >> 8) & 0xff];
  // Level 1b, as `levelOf` reads it.
  const oneB = level === level1b && profileIdc !== highIdc;
  const bytes = [profileIdc, oneB ? profileIop | 0x10 : profileIop, oneB ? 11 : level];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(text: string | null | undefined): number | null {
  const written = (text ?? '').trim() || levelOneBaseline;
  if (!/^[0-9a-f]{5,6}$/i.test(written)) return null;
  return Number.parseInt(written.length === 5 ? `${written.slice(0, 4)}0${written.slice(4)}` : written, 16);
}
