/** States of calls, as tests need them. */
import type { CallState, Place, Purpose, Question } from '../../gateway/calls/types.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { plainAskPin } from './dial-plan.ts';

/** Of a caller who came out of no menu. */
export const answeredPlace: Place = { isAnswered: true, menus: [] };

export const pinQuestion: Question = { what: 'pin', action: plainAskPin, place: answeredPlace };
export const meetingQuestion: Question = { ...pinQuestion, what: 'meeting' };

type In<N extends CallState['name']> = Extract<CallState, { readonly name: N }>;

export function answering(next: Purpose = plainAskPin): In<'answering'> {
  return { name: 'answering', next, place: { ...answeredPlace, isAnswered: false } };
}

export function askingPin(more: Partial<In<'asking-pin'>> = {}): In<'asking-pin'> {
  return { name: 'asking-pin', question: pinQuestion, attemptsLeft: 3, after: 'start', typed: '', ...more };
}

export function leaving(reason: EndReason): In<'leaving'> {
  return { name: 'leaving', reason, refusal: null };
}
