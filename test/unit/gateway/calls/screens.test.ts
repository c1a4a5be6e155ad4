import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sightOf } from '../../../../gateway/calls/screens.ts';
import type { Sight } from '../../../../gateway/calls/screens.ts';
import { step } from '../../../../gateway/calls/state.ts';
import type { CallEvent, CallRules, CallState } from '../../../../gateway/calls/types.ts';
import { promptLanguages } from '../../../../gateway/prompts/prompts.ts';
import { screenTexts } from '../../../../gateway/prompts/screen-texts.ts';
import { endReasons } from '../../../../gateway/reasons.ts';
import { menuOf, rejectWith } from '../../../support/actions.ts';
import {
  answeredPlace,
  answering,
  askingPin,
  leaving,
  meetingQuestion,
  pinQuestion,
} from '../../../support/call-states.ts';
import { plainAskPin } from '../../../support/dial-plan.ts';
import { aDestination } from '../../../support/meetings.ts';

const rules: CallRules = {
  pinTries: 3,
  pinSeconds: 15,
  digitSeconds: 5,
  maxDurationMinutes: 60,
  emptyRoomMinutes: 10,
  layout: 'auto',
};

const destination = aDestination({ room: 'Weekly planning' });

function inRoom(more: Partial<Extract<CallState, { name: 'in-room' }>> = {}): CallState {
  return {
    name: 'in-room',
    destination,
    others: 2,
    mutedBy: null,
    cameraMuted: false,
    connected: true,
    keys: '',
    layout: 'auto',
    notice: null,
    ...more,
  };
}

/** Screen: its texts, one a line, and dots for what was typed. Banner in brackets. */
function words({ screen, banner }: Sight): string {
  const dots = screen?.digits ?? null;
  return [
    ...(screen ? [screen.title, ...screen.lines] : []),
    ...(dots === null ? [] : [`PIN ${'•'.repeat(dots)}`]),
    ...(banner === null ? [] : [`[${banner}]`]),
  ].join(' / ');
}

function inMenu(after: 'start' | 'wrong-key' | 'no-key'): CallState {
  const menu = menuOf({ '2': rejectWith(), '*': { kind: 'back' }, '1': plainAskPin });
  return { name: 'in-menu', menu, place: answeredPlace, triesLeft: 2, after };
}

const seen: readonly (readonly [string, CallState, string, string])[] = [
  ['before the answer', answering(), '', ''],
  [
    'asked for the PIN',
    askingPin(),
    'Please enter your PIN / Then press #. / PIN ',
    'Bitte geben Sie Ihre PIN ein / Drücken Sie dann die Raute-Taste #. / PIN ',
  ],
  [
    'typing it',
    askingPin({ typed: '1234' }),
    'Please enter your PIN / Then press #. / PIN ••••',
    'Bitte geben Sie Ihre PIN ein / Drücken Sie dann die Raute-Taste #. / PIN ••••',
  ],
  [
    'after a wrong one',
    askingPin({ attemptsLeft: 2, after: 'wrong-pin', typed: '' }),
    'Please enter your PIN / That PIN is not known. You have 2 more tries. / Then press #. / PIN ',
    'Bitte geben Sie Ihre PIN ein / Diese PIN ist nicht bekannt. Sie haben noch 2 Versuche. / Drücken Sie dann die Raute-Taste #. / PIN ',
  ],
  [
    'after silence, with the last try',
    askingPin({ attemptsLeft: 1, after: 'no-pin', typed: '' }),
    'Please enter your PIN / We received no PIN. You have one more try. / Then press #. / PIN ',
    'Bitte geben Sie Ihre PIN ein / Wir haben keine PIN erhalten. Sie haben noch einen Versuch. / Drücken Sie dann die Raute-Taste #. / PIN ',
  ],
  [
    'while it is looked up',
    { name: 'checking-pin', question: pinQuestion, attemptsLeft: 3, digits: 4, ahead: '' },
    'Please enter your PIN / One moment … / PIN ••••',
    'Bitte geben Sie Ihre PIN ein / Einen Moment … / PIN ••••',
  ],
  [
    'asked for the meeting’s number, after a wrong one',
    askingPin({ question: meetingQuestion, attemptsLeft: 1, after: 'wrong-pin', typed: '12' }),
    'Please enter the number of your meeting / We do not know that number. You have one more try. / Then press #. / PIN ••',
    'Bitte geben Sie die Nummer Ihrer Besprechung ein / Diese Nummer kennen wir nicht. Sie haben noch einen Versuch. / Drücken Sie dann die Raute-Taste #. / PIN ••',
  ],
  ['in a menu', inMenu('start'), 'Please choose / Keys: 1  2  *', 'Bitte wählen Sie / Tasten: 1  2  *'],
  [
    'in a menu, after a key that it has not',
    inMenu('wrong-key'),
    'Please choose / That key has no meaning here. / Keys: 1  2  *',
    'Bitte wählen Sie / Diese Taste hat hier keine Bedeutung. / Tasten: 1  2  *',
  ],
  [
    'in a menu, after silence',
    inMenu('no-key'),
    'Please choose / We received no choice. / Keys: 1  2  *',
    'Bitte wählen Sie / Wir haben keine Auswahl erhalten. / Tasten: 1  2  *',
  ],
  [
    'choosing a language',
    { name: 'choosing-language', action: plainAskPin, place: answeredPlace, triesLeft: 2 },
    'Language · Sprache / 1  English / 2  Deutsch',
    'Language · Sprache / 1  English / 2  Deutsch',
  ],
  [
    'being transferred',
    { name: 'transferring', place: answeredPlace, ahead: '' },
    'Your call is being transferred',
    'Ihr Anruf wird weitergeleitet',
  ],
  [
    'while others are asked',
    { name: 'routing', place: answeredPlace, ahead: '' },
    'One moment …',
    'Einen Moment …',
  ],
  [
    'waiting for the host',
    { name: 'waiting-for-host', destination },
    'Weekly planning / The meeting starts when the host arrives. / Please wait.',
    'Weekly planning / Die Besprechung beginnt, wenn der Gastgeber da ist. / Bitte warten Sie.',
  ],
  [
    'joining',
    { name: 'joining', destination, slow: false, typed: '' },
    'Weekly planning / Joining …',
    'Weekly planning / Sie werden verbunden …',
  ],
  [
    'joining slowly',
    { name: 'joining', destination, slow: true, typed: '' },
    'Weekly planning / Joining … / This takes a little longer than usual.',
    'Weekly planning / Sie werden verbunden … / Es dauert etwas länger als sonst.',
  ],
  ['among others', inRoom(), '', ''],
  ['alone', inRoom({ others: 0 }), '[You are the only one here]', '[Außer Ihnen ist niemand hier]'],
  [
    'muted',
    inRoom({ mutedBy: 'caller' }),
    '[You are muted: press *6 to speak]',
    '[Sie sind stumm: zum Sprechen *6 drücken]',
  ],
  [
    'muted by a host, alone',
    inRoom({ mutedBy: 'host', others: 0 }),
    '[The host has muted you: press *6 to speak]',
    '[Vom Gastgeber stumm geschaltet: *6 zum Sprechen]',
  ],
  [
    'with the camera muted by a host, alone',
    inRoom({ cameraMuted: true, others: 0 }),
    '[The host has turned your camera off]',
    '[Der Gastgeber hat Ihre Kamera ausgeschaltet]',
  ],
  [
    'muted, and the camera by a host',
    inRoom({ cameraMuted: true, mutedBy: 'caller' }),
    '[You are muted: press *6 to speak]',
    '[Sie sind stumm: zum Sprechen *6 drücken]',
  ],
  [
    'over a slow connection',
    inRoom({ notice: 'slow-connection', mutedBy: 'caller' }),
    '[The connection is slow: reduced picture]',
    '[Die Verbindung ist langsam: kleineres Bild]',
  ],
  [
    'with another layout',
    inRoom({ notice: 'layout', layout: 'grid' }),
    '[Layout: grid]',
    '[Anordnung: Raster]',
  ],
  [
    'cut off from the room',
    inRoom({ connected: false, mutedBy: 'caller' }),
    'Weekly planning / The connection to the meeting was lost. / Reconnecting …',
    'Weekly planning / Die Verbindung zur Besprechung ist abgerissen. / Wir verbinden Sie neu …',
  ],
  [
    'in the echo test',
    { name: 'echo', keys: '' },
    'Echo test / Speak after the tone, and you will hear yourself. / Press ## to leave.',
    'Echo-Test / Sprechen Sie nach dem Ton, dann hören Sie sich selbst. / Mit ## legen Sie auf.',
  ],
  ['at the end', leaving('room-ended'), 'The meeting has ended', 'Die Besprechung ist beendet'],
  [
    'until it is hung up',
    { name: 'ended', reason: 'wrong-pin' },
    'We could not find your meeting / Please check the PIN, and call again.',
    'Wir konnten Ihre Besprechung nicht finden / Bitte prüfen Sie die PIN, und rufen Sie wieder an.',
  ],
];

it.each(seen)('%s, in every language', (_, state, english, german) => {
  expect(words(sightOf(state, screenTexts.en))).toBe(english);
  expect(words(sightOf(state, screenTexts.de))).toBe(german);
});

describe.each(promptLanguages)('in %s', (language) => {
  const texts = screenTexts[language];

  it.each(endReasons)('the end slide says why: %s', (reason) => {
    const { screen, banner } = sightOf(leaving(reason), texts);
    expect(screen?.title).not.toBe('');
    expect(screen?.digits).toBeNull();
    expect(banner).toBeNull();
  });

  it('no banner is too long for a picture in CIF', () => {
    const { alone, muted, mutedByHost, cameraMuted, slowConnection } = texts;
    const layouts = Object.values(texts.layouts).map((name) => texts.layout(name));
    for (const text of [alone, muted, mutedByHost, cameraMuted, slowConnection, ...layouts])
      expect(text.length, text).toBeLessThanOrEqual(48);
  });

  it('no text is missing, and none is too long for a line', () => {
    const most = 72;
    const all = JSON.stringify([texts, texts.triesLeft(9), texts.layout(texts.layouts.presentation)]);
    for (const [, text] of all.matchAll(/"([^"]*)"(?!:)/g)) {
      expect(text).not.toBe('');
      expect(text.length, text).toBeLessThanOrEqual(most);
    }
  });
});

describe('a PIN', () => {
  /** What is seen while it is typed, refused or found. */
  function sights(typed: string, then: CallEvent): Sight[] {
    const events: CallEvent[] = [
      { type: 'answered' },
      ...Array.from(typed, (digit): CallEvent => ({ type: 'digit', digit })),
      { type: 'digit', digit: '#' },
      then,
      ...Array.from(typed, (digit): CallEvent => ({ type: 'digit', digit })),
    ];
    let state: CallState = answering();
    return events.flatMap((event) => {
      state = step(state, event, { others: 0, hostPresent: false }, rules).state;
      return promptLanguages.map((language) => sightOf(state, screenTexts[language]));
    });
  }

  const digits = (length: number) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length });
  const twoPins = fc.integer({ min: 1, max: 24 }).chain((length) => fc.tuple(digits(length), digits(length)));
  const outcome = fc.constantFrom<CallEvent>({ type: 'pin-refused' }, { type: 'pin-blocked' });

  it('is never seen: whoever types another one of its length sees exactly the same', () => {
    fc.assert(
      fc.property(twoPins, outcome, ([one, other], then) => {
        expect(sights(one.join(''), then)).toEqual(sights(other.join(''), then));
      }),
    );
  });
});
