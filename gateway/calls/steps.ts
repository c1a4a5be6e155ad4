import type { PromptId } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallState, Effect, Step } from './types.ts';

/** Small steps that several states share. */

export function stay(state: CallState): Step {
  return { state, effects: [] };
}

export function play(prompts: readonly PromptId[], thenMusic = false): Effect {
  return { do: 'play', sound: { kind: 'prompts', prompts, thenMusic } };
}

export const music: Effect = { do: 'play', sound: { kind: 'music' } };
export const quiet: Effect = { do: 'play', sound: { kind: 'none' } };

/** Longer than any last words: a media node that never says that they are over must not hold the call. */
const lastWordsSeconds = 30;

/** Last words, then the end. The caller no longer hears the room while they are spoken. */
export function sayAndEnd(prompts: readonly PromptId[], reason: EndReason): Step {
  return {
    state: { name: 'leaving', reason },
    effects: [
      { do: 'hear', source: 'nothing' },
      { do: 'start-timer', timer: 'last-words', seconds: lastWordsSeconds },
      play(prompts),
    ],
  };
}

export function end(reason: EndReason): Step {
  return { state: { name: 'ended', reason }, effects: [{ do: 'end', reason }] };
}
