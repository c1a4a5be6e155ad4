import type { LayoutName } from '../ports.ts';
import type { Language } from './prompts.ts';

/** In whose words the last screen says why a call is over. */
export type EndText =
  | 'over'
  | 'room-ended'
  | 'removed'
  | 'time-limit'
  | 'nobody-came'
  | 'no-host'
  | 'locked'
  | 'full'
  | 'not-yet'
  | 'wrong-pin'
  | 'no-meeting'
  | 'no-pin'
  | 'blocked'
  | 'unavailable'
  | 'restarting'
  | 'failed';

interface TitledText {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What a room system's screen says in one language. Prompts say the same at the same time (`texts.yaml`). */
export interface ScreenTexts {
  readonly enterPin: TitledText;
  readonly wrongPin: string;
  readonly noPin: string;
  readonly triesLeft: (tries: number) => string;
  readonly enterMeeting: TitledText;
  readonly wrongMeeting: string;
  readonly noMeeting: string;
  readonly oneMoment: string;
  readonly menu: string;
  readonly menuKeys: (keys: string) => string;
  readonly wrongKey: string;
  readonly noKey: string;
  readonly transferring: string;
  /** Under the room's name, as the next three. */
  readonly waitForHost: readonly string[];
  readonly joining: string;
  readonly slowJoin: string;
  readonly connectionLost: readonly string[];
  readonly echo: TitledText;
  /** Banners: one line each. */
  readonly alone: string;
  readonly muted: string;
  readonly mutedByHost: string;
  readonly cameraMuted: string;
  readonly slowConnection: string;
  readonly layout: (name: string) => string;
  readonly layouts: Readonly<Record<LayoutName, string>>;
  readonly ends: Readonly<Record<EndText, TitledText>>;
}

const en: ScreenTexts = {
  enterPin: { title: 'Please enter your PIN', lines: ['Then press #.'] },
  wrongPin: 'That PIN is not known.',
  noPin: 'We received no PIN.',
  triesLeft: (tries) => (tries === 1 ? 'You have one more try.' : `You have ${tries} more tries.`),
  enterMeeting: { title: 'Please enter the number of your meeting', lines: ['Then press #.'] },
  wrongMeeting: 'We do not know that number.',
  noMeeting: 'We received no number.',
  oneMoment: 'One moment …',
  menu: 'Please choose',
  menuKeys: (keys) => `Keys: ${keys}`,
  wrongKey: 'That key has no meaning here.',
  noKey: 'We received no choice.',
  transferring: 'Your call is being transferred',
  waitForHost: ['The meeting starts when the host arrives.', 'Please wait.'],
  joining: 'Joining …',
  slowJoin: 'This takes a little longer than usual.',
  connectionLost: ['The connection to the meeting was lost.', 'Reconnecting …'],
  echo: {
    title: 'Echo test',
    lines: ['Speak after the tone, and you will hear yourself.', 'Press ## to leave.'],
  },
  alone: 'You are the only one here',
  muted: 'You are muted: press *6 to speak',
  mutedByHost: 'The host has muted you: press *6 to speak',
  cameraMuted: 'The host has turned your camera off',
  slowConnection: 'The connection is slow: reduced picture',
  layout: (name) => `Layout: ${name}`,
  layouts: {
    auto: 'automatic',
    grid: 'grid',
    speaker: 'speaker',
    lecture: 'lecture',
    'one-on-one': 'one on one',
    presentation: 'presentation',
  },
  ends: {
    over: { title: 'The call is over', lines: [] },
    'room-ended': { title: 'The meeting has ended', lines: [] },
    removed: { title: 'The host has removed you from the meeting', lines: [] },
    'time-limit': { title: 'The time limit for this call has been reached', lines: [] },
    'nobody-came': { title: 'Nobody else has joined', lines: ['Please call again later.'] },
    'no-host': { title: 'The host has not come', lines: ['Please call again later.'] },
    locked: { title: 'This meeting is locked', lines: ['Please ask the host to let you in.'] },
    full: { title: 'This meeting is full', lines: ['Please try again later.'] },
    'not-yet': {
      title: 'This meeting has not started yet',
      lines: ['Please call at the time in your invitation.'],
    },
    'wrong-pin': {
      title: 'We could not find your meeting',
      lines: ['Please check the PIN, and call again.'],
    },
    'no-meeting': {
      title: 'We could not find your meeting',
      lines: ['Please check its number, and call again.'],
    },
    'no-pin': { title: 'We received no PIN', lines: ['Please call again, and enter it.'] },
    blocked: { title: 'There were too many wrong PINs', lines: ['Please try again later.'] },
    unavailable: { title: 'The meeting can not be reached right now', lines: ['Please try again later.'] },
    restarting: { title: 'This service is being restarted', lines: ['Please call again in a minute.'] },
    failed: { title: 'Sorry, something went wrong', lines: ['Please call again.'] },
  },
};

const de: ScreenTexts = {
  enterPin: { title: 'Bitte geben Sie Ihre PIN ein', lines: ['Drücken Sie dann die Raute-Taste #.'] },
  wrongPin: 'Diese PIN ist nicht bekannt.',
  noPin: 'Wir haben keine PIN erhalten.',
  triesLeft: (tries) => (tries === 1 ? 'Sie haben noch einen Versuch.' : `Sie haben noch ${tries} Versuche.`),
  enterMeeting: {
    title: 'Bitte geben Sie die Nummer Ihrer Besprechung ein',
    lines: ['Drücken Sie dann die Raute-Taste #.'],
  },
  wrongMeeting: 'Diese Nummer kennen wir nicht.',
  noMeeting: 'Wir haben keine Nummer erhalten.',
  oneMoment: 'Einen Moment …',
  menu: 'Bitte wählen Sie',
  menuKeys: (keys) => `Tasten: ${keys}`,
  wrongKey: 'Diese Taste hat hier keine Bedeutung.',
  noKey: 'Wir haben keine Auswahl erhalten.',
  transferring: 'Ihr Anruf wird weitergeleitet',
  waitForHost: ['Die Besprechung beginnt, wenn der Gastgeber da ist.', 'Bitte warten Sie.'],
  joining: 'Sie werden verbunden …',
  slowJoin: 'Es dauert etwas länger als sonst.',
  connectionLost: ['Die Verbindung zur Besprechung ist abgerissen.', 'Wir verbinden Sie neu …'],
  echo: {
    title: 'Echo-Test',
    lines: ['Sprechen Sie nach dem Ton, dann hören Sie sich selbst.', 'Mit ## legen Sie auf.'],
  },
  alone: 'Außer Ihnen ist niemand hier',
  muted: 'Sie sind stumm: zum Sprechen *6 drücken',
  mutedByHost: 'Vom Gastgeber stumm geschaltet: *6 zum Sprechen',
  cameraMuted: 'Der Gastgeber hat Ihre Kamera ausgeschaltet',
  slowConnection: 'Die Verbindung ist langsam: kleineres Bild',
  layout: (name) => `Anordnung: ${name}`,
  layouts: {
    auto: 'automatisch',
    grid: 'Raster',
    speaker: 'Sprecher',
    lecture: 'Vortrag',
    'one-on-one': 'zu zweit',
    presentation: 'Präsentation',
  },
  ends: {
    over: { title: 'Der Anruf ist beendet', lines: [] },
    'room-ended': { title: 'Die Besprechung ist beendet', lines: [] },
    removed: { title: 'Der Gastgeber hat Sie aus der Besprechung entfernt', lines: [] },
    'time-limit': { title: 'Die Höchstdauer dieses Anrufs ist erreicht', lines: [] },
    'nobody-came': { title: 'Es ist niemand dazugekommen', lines: ['Bitte rufen Sie später wieder an.'] },
    'no-host': { title: 'Der Gastgeber ist nicht gekommen', lines: ['Bitte rufen Sie später wieder an.'] },
    locked: {
      title: 'Diese Besprechung ist abgeschlossen',
      lines: ['Bitten Sie den Gastgeber, Sie hereinzulassen.'],
    },
    full: { title: 'Diese Besprechung ist voll', lines: ['Bitte versuchen Sie es später noch einmal.'] },
    'not-yet': {
      title: 'Diese Besprechung hat noch nicht begonnen',
      lines: ['Bitte rufen Sie zur Zeit in Ihrer Einladung an.'],
    },
    'wrong-pin': {
      title: 'Wir konnten Ihre Besprechung nicht finden',
      lines: ['Bitte prüfen Sie die PIN, und rufen Sie wieder an.'],
    },
    'no-meeting': {
      title: 'Wir konnten Ihre Besprechung nicht finden',
      lines: ['Bitte prüfen Sie die Nummer, und rufen Sie wieder an.'],
    },
    'no-pin': {
      title: 'Wir haben keine PIN erhalten',
      lines: ['Bitte rufen Sie wieder an, und geben Sie sie ein.'],
    },
    blocked: {
      title: 'Es gab zu viele falsche PINs',
      lines: ['Bitte versuchen Sie es später noch einmal.'],
    },
    unavailable: {
      title: 'Die Besprechung ist gerade nicht erreichbar',
      lines: ['Bitte versuchen Sie es später noch einmal.'],
    },
    restarting: {
      title: 'Dieser Dienst wird neu gestartet',
      lines: ['Bitte rufen Sie in einer Minute wieder an.'],
    },
    failed: { title: 'Es ist leider ein Fehler aufgetreten', lines: ['Bitte rufen Sie noch einmal an.'] },
  },
};

export const screenTexts: Readonly<Record<Language, ScreenTexts>> = { en, de };
