import { parseArgs } from 'node:util';
import type { codings } from './codings.ts';

export interface BenchOptions {
  /** Calls that are held together. */
  readonly calls: number;
  readonly roomSize: number;
  /** How long they are held while CPU is counted, s. */
  readonly holdSeconds: number;
  /** Set-ups per second, one stage each; empty: no ramp. */
  readonly rates: readonly number[];
  /** Length of a stage, s. */
  readonly stageSeconds: number;
  /** Sounds whose way is timed in each direction; 0: none. */
  readonly marks: number;
  /** What callers send who don't speak: a room's noise, or the digital silence of a muted phone. */
  readonly quiet: 'noise' | 'silence';
  readonly codec: keyof typeof codings;
  /** Callers encrypt their media (SDES, AES_CM_128_HMAC_SHA1_80). */
  readonly srtp: boolean;
  /** Program of LiveKit's SIP service, to be measured after the gateway; null: not. */
  readonly livekitSip: string | null;
  /** Also writes a CPU profile of each process and prints its top functions. */
  readonly profile: boolean;
}

export const usage = `npm run bench -- [options]
  --calls 30        calls held together
  --room 10         callers per room
  --hold 40         seconds in which CPU is counted
  --rates 5,10,20,30,40   set-ups per second, one stage each; 0: none
  --stage 5         seconds per stage
  --marks 40        sounds whose way is timed, in each direction; 0: none
  --quiet noise     what listeners send: noise or silence
  --codec pcmu      pcmu or opus
  --srtp            callers encrypt their media
  --livekit-sip <program>   measure LiveKit's SIP service too, with the same callers; needs redis-server
  --profile         CPU profiles into report/bench, top functions on the terminal`;

/** Throws with what is wrong. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      calls: { type: 'string', default: '30' },
      room: { type: 'string', default: '10' },
      hold: { type: 'string', default: '40' },
      rates: { type: 'string', default: '5,10,20,30,40' },
      stage: { type: 'string', default: '5' },
      marks: { type: 'string', default: '40' },
      quiet: { type: 'string', default: 'noise' },
      codec: { type: 'string', default: 'pcmu' },
      srtp: { type: 'boolean', default: false },
      'livekit-sip': { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const { quiet, codec } = values;
  if (quiet !== 'noise' && quiet !== 'silence') throw new Error('--quiet is noise or silence');
  if (codec !== 'pcmu' && codec !== 'opus') throw new Error('--codec is pcmu or opus');
  const livekitSip = values['livekit-sip'] ?? null;
  if (livekitSip !== null && values.srtp)
    throw new Error(
      '--livekit-sip goes without --srtp: its default trunk answers an encrypted offer in plain',
    );
  return {
    calls: wholeOption('calls', values.calls, 1, 500),
    roomSize: wholeOption('room', values.room, 1, 100),
    holdSeconds: wholeOption('hold', values.hold, 5, 120),
    rates:
      values.rates === '0' ? [] : values.rates.split(',').map((rate) => wholeOption('rates', rate, 1, 100)),
    stageSeconds: wholeOption('stage', values.stage, 1, 20),
    marks: wholeOption('marks', values.marks, 0, 500),
    quiet,
    codec,
    srtp: values.srtp,
    livekitSip,
    profile: values.profile,
  };
}

/** Throws with what is wrong. */
export function wholeOption(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name} is a whole number from ${least} to ${most}`);
}
