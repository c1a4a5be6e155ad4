import { menuKeys } from '../../dialplans/types.ts';
import type { Screen, ViewerLook } from '../ports.ts';
import type { EndText, ScreenTexts } from '../prompts/screen-texts.ts';
import type { EndReason } from '../reasons.ts';
import type { CallState } from './types.ts';

type InRoom = Extract<CallState, { name: 'in-room' }>;
type AskingPin = Extract<CallState, { name: 'asking-pin' }>;
type InMenu = Extract<CallState, { name: 'in-menu' }>;
type Joining = Extract<CallState, { name: 'joining' }>;

/** What is seen of a call's state: a screen or the room, and a line over it. */
export type Sight = Pick<ViewerLook, 'screen' | 'banner'>;

/** Most of these end a call before there is anything to see; whatever fails later has words. */
const endTexts = {
  'caller-hung-up': 'over',
  'caller-left': 'over',
  'caller-cancelled': 'over',
  'room-ended': 'room-ended',
  'removed-by-host': 'removed',
  'ended-by-admin': 'over',
  'time-limit': 'time-limit',
  'empty-room-limit': 'nobody-came',
  'no-host-came': 'no-host',
  'meeting-locked': 'locked',
  'meeting-full': 'full',
  'meeting-not-yet': 'not-yet',
  'meeting-over': 'room-ended',
  'wrong-pin': 'wrong-pin',
  'no-pin-entered': 'no-pin',
  'pin-guessing-blocked': 'blocked',
  'no-route': 'failed',
  'rejected-by-plan': 'failed',
  'unknown-meeting': 'no-meeting',
  'no-choice-made': 'over',
  transferred: 'over',
  'transfer-failed': 'failed',
  'other-side-hung-up': 'over',
  busy: 'failed',
  'no-answer': 'failed',
  declined: 'failed',
  'unknown-number': 'failed',
  'not-compatible': 'failed',
  'trunk-refused': 'failed',
  'trunk-redirected': 'failed',
  'trunk-unavailable': 'failed',
  'call-loops': 'failed',
  'no-common-codec': 'failed',
  'encryption-required': 'failed',
  'encryption-unusable': 'failed',
  'bad-offer': 'failed',
  'bad-request': 'failed',
  'too-many-calls': 'failed',
  'source-limit': 'failed',
  'room-unavailable': 'unavailable',
  'media-unavailable': 'failed',
  'media-lost': 'failed',
  'gateway-lost': 'failed',
  'database-unavailable': 'failed',
  'no-media-path': 'failed',
  'encryption-failed': 'failed',
  'peer-unreachable': 'failed',
  'shutting-down': 'restarting',
  'internal-error': 'failed',
} as const satisfies Record<EndReason, EndText>;

/** What a caller with video sees of a call. Pure, and complete: nothing of what was seen before stays. */
export function sightOf(state: CallState, texts: ScreenTexts): Sight {
  switch (state.name) {
    case 'asking-pin':
      return filledBy(pinScreen(state, texts));
    case 'checking-pin':
      // The same title and field, so that nothing jumps when the answer comes at once.
      return filledBy({
        ...questionTexts(state, texts).enter,
        lines: [texts.oneMoment],
        digits: state.digits,
      });
    case 'in-menu':
      return filledBy(menuScreen(state, texts));
    case 'choosing-language':
      return filledBy({ ...languageScreen, digits: null });
    case 'transferring':
      return filledBy({ title: texts.transferring, lines: [], digits: null });
    case 'asking-policy':
    case 'finding-room':
    case 'routing':
    case 'bridging':
    case 'talking':
    case 'listening':
      return filledBy({ title: texts.oneMoment, lines: [], digits: null });
    case 'waiting-for-host':
      return filledBy(roomScreen(state.destination.room, texts.waitForHost));
    case 'joining':
      return filledBy(roomScreen(state.destination.room, joiningLines(state, texts)));
    case 'in-room':
      return state.connected
        ? { screen: null, banner: bannerOf(state, texts) }
        : filledBy(roomScreen(state.destination.room, texts.connectionLost));
    case 'echo':
      return filledBy({ ...texts.echo, digits: null });
    case 'leaving':
    case 'ended':
      // It stays until the device has its BYE.
      return filledBy({ ...texts.ends[endTexts[state.reason]], digits: null });
    case 'arriving':
    case 'answering':
      return { screen: null, banner: null };
  }
}

function filledBy(screen: Screen): Sight {
  return { screen, banner: null };
}

function roomScreen(room: string, lines: readonly string[]): Screen {
  return { title: room, lines, digits: null };
}

/** In the words of all languages: nobody has chosen one yet. */
const languageScreen = { title: 'Language · Sprache', lines: ['1  English / 2  Deutsch'] };

function questionTexts({ question }: Pick<AskingPin, 'question'>, texts: ScreenTexts) {
  return question.what === 'pin'
    ? { enter: texts.enterPin, wrong: texts.wrongPin, none: texts.noPin }
    : { enter: texts.enterMeeting, wrong: texts.wrongMeeting, none: texts.noMeeting };
}

/** Of what was typed only its length goes further. */
function pinScreen(state: AskingPin, texts: ScreenTexts): Screen {
  const { after, attemptsLeft, typed } = state;
  const { enter, wrong, none } = questionTexts(state, texts);
  const { title, lines } = enter;
  const digits = typed.length;
  if (after === 'start') return { title, lines, digits };
  const why = after === 'wrong-pin' ? wrong : none;
  return { title, lines: [`${why} ${texts.triesLeft(attemptsLeft)}`, ...lines], digits };
}

/** What the keys do is said, not written: the plan has no words for it. */
function menuScreen({ menu, after }: InMenu, texts: ScreenTexts): Screen {
  const keys = texts.menuKeys(menuKeys.filter((key) => menu.options[key] !== undefined).join('  '));
  const lines = after === 'start' ? [keys] : [after === 'wrong-key' ? texts.wrongKey : texts.noKey, keys];
  return { title: texts.menu, lines, digits: null };
}

function joiningLines({ slow }: Joining, texts: ScreenTexts): readonly string[] {
  return slow ? [texts.joining, texts.slowJoin] : [texts.joining];
}

/** One line: what was just asked for or has just happened, then what the caller must not forget. */
function bannerOf(
  { notice, layout, mutedBy, cameraMuted, others }: InRoom,
  texts: ScreenTexts,
): string | null {
  if (notice === 'layout') return texts.layout(texts.layouts[layout]);
  if (notice === 'slow-connection') return texts.slowConnection;
  if (mutedBy !== null) return mutedBy === 'host' ? texts.mutedByHost : texts.muted;
  if (cameraMuted) return texts.cameraMuted;
  return others === 0 ? texts.alone : null;
}
