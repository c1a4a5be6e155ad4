import type { IvrStep, Refusal } from '../ports.ts';
import type { Spoken } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallState, Effect, Step } from './types.ts';

/** Small steps that several states share. */

export function stay(state: CallState): Step {
  return { state, effects: [] };
}

/** The same step, with more to do before. */
export function after(effects: readonly Effect[], next: Step): Step {
  return { state: next.state, effects: [...effects, ...next.effects] };
}

export function play(prompts: readonly Spoken[], thenMusic = false): Effect {
  return { do: 'play', sound: { kind: 'prompts', prompts, thenMusic } };
}

export const music: Effect = { do: 'play', sound: { kind: 'music' } };
export const quiet: Effect = { do: 'play', sound: { kind: 'none' } };

/** Nobody waits for keys any more. */
export const noKeysAwaited: readonly Effect[] = [
  { do: 'stop-timer', timer: 'first-digit' },
  { do: 'stop-timer', timer: 'next-digit' },
];

/** For the record. */
export function note(kind: IvrStep['kind'], subject: string | null, outcome: string | null = null): Effect {
  return { do: 'note', step: { kind, subject, outcome } };
}

/** Longer than any last words: a media node that never says that they are over must not hold the call. */
const lastWordsSeconds = 30;

/** Last words, then the end. The caller no longer hears the room while they are spoken. */
export function sayAndEnd(
  prompts: readonly Spoken[],
  reason: EndReason,
  refusal: Refusal | null = null,
): Step {
  return {
    state: { name: 'leaving', reason, refusal },
    effects: [
      { do: 'hear', source: 'nothing' },
      { do: 'start-timer', timer: 'last-words', seconds: lastWordsSeconds },
      play(prompts),
    ],
  };
}

export function end(reason: EndReason, refusal: Refusal | null = null): Step {
  return { state: { name: 'ended', reason }, effects: [{ do: 'end', reason, refusal }] };
}
