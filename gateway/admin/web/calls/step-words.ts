import { endReasons } from '../../../reasons.ts';
import { reasonName } from './reason-names.ts';
import type { IvrStep } from './shapes.ts';

type Words = (subject: string, outcome: string | null) => string;

const languageNames: Readonly<Record<string, string>> = { en: 'English', de: 'German' };

const words: Readonly<Record<string, Words>> = {
  prompt: (name) => `Heard “${name}”.`,
  menu: (name) => `Heard the menu “${name}”.`,
  choice: (key, outcome) =>
    key === '' ? `Pressed no key of the menu (${missed(outcome)}).` : `Pressed ${key}${choice(outcome)}.`,
  language: (language) => `Chose ${languageNames[language] ?? language}.`,
  meeting: (_, outcome) => `Typed a meeting’s number: ${outcome ?? 'checked'}.`,
  pin: (_, outcome) => `Typed a PIN: ${outcome ?? 'checked'}.`,
  policy: (host, outcome) => `The policy server ${host} was asked: ${outcome ?? 'no answer'}.`,
  'go-to': (called) => `The plan was asked anew for ${called}.`,
  transfer: (_, outcome) => `Was transferred: ${outcome ?? 'asked for'}.`,
  bridge: (trunk, outcome) => `Was put through by the trunk ${trunk}: ${bridged(outcome)}.`,
  room: (room, role) => `Was let into the room ${room}${role === null ? '' : ` as ${role}`}.`,
};

/** What a caller heard, chose or was led to, as a sentence. */
export function inWords({ kind, subject, outcome }: IvrStep): string {
  const known = words[kind] as Words | undefined;
  // Of a later version.
  if (known === undefined) return [kind, subject, outcome].filter((part) => part !== null).join(' ');
  return known(subject ?? '', outcome);
}

const missed = (why: string | null): string => (why === 'no-key' ? 'none came' : 'none that it has');

const chosen: Readonly<Record<string, string>> = {
  back: 'back to the menu before',
  again: 'the menu once more',
  menu: 'another menu',
  join: 'into a room',
  'ask-pin': 'asked for a PIN',
  bridge: 'put through',
  reject: 'refused',
  policy: 'a policy server was asked',
  transfer: 'transferred',
  'go-to': 'the plan was asked anew',
  echo: 'the echo test',
  play: 'an announcement',
};

const choice = (outcome: string | null): string =>
  outcome === null ? '' : `: ${chosen[outcome] ?? outcome}`;

function bridged(outcome: string | null): string {
  const reason = endReasons.find((one) => one === outcome);
  return reason === undefined ? (outcome ?? 'called') : reasonName(reason).toLowerCase();
}
