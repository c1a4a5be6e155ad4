import { Temporal } from 'temporal-polyfill';
import type { Schedule } from '../ports.ts';
import type { Language } from '../prompts/prompts.ts';

/** What an invitation says in one language. */
export interface InvitationWords {
  readonly invited: (host: string) => string;
  readonly when: string;
  readonly byPhone: string;
  readonly pin: (pin: string) => string;
  readonly pinLabel: string;
  readonly hash: string;
  readonly bySip: string;
  readonly inBrowser: string;
  readonly meetingNumber: string;
  readonly hostNote: string;
  readonly lobby: string;
  readonly every: Readonly<Record<string, (interval: number) => string>>;
  readonly repeats: string;
}

const en: InvitationWords = {
  invited: (host) => `${host} invites you to a meeting.`,
  when: 'When',
  byPhone: 'By phone',
  pin: (pin) => `then PIN ${pin} and the # key`,
  pinLabel: 'PIN',
  hash: 'then press #',
  bySip: 'Room system (SIP)',
  inBrowser: 'In a browser',
  meetingNumber: 'Meeting number',
  hostNote: 'This is the PIN of hosts. Do not pass it on.',
  lobby: 'You hear music until the host is there.',
  every: {
    DAILY: (n) => (n === 1 ? 'every day' : `every ${n} days`),
    WEEKLY: (n) => (n === 1 ? 'every week' : `every ${n} weeks`),
    MONTHLY: (n) => (n === 1 ? 'every month' : `every ${n} months`),
    YEARLY: (n) => (n === 1 ? 'every year' : `every ${n} years`),
  },
  repeats: 'repeats',
};

const de: InvitationWords = {
  invited: (host) => `${host} lädt Sie zu einer Besprechung ein.`,
  when: 'Wann',
  byPhone: 'Telefon',
  pin: (pin) => `dann PIN ${pin} und die Raute-Taste #`,
  pinLabel: 'PIN',
  hash: 'dann Raute-Taste #',
  bySip: 'Raumsystem (SIP)',
  inBrowser: 'Im Browser',
  meetingNumber: 'Nummer der Besprechung',
  hostNote: 'Dies ist die PIN der Gastgeber. Geben Sie sie nicht weiter.',
  lobby: 'Sie hören Musik, bis der Gastgeber da ist.',
  every: {
    DAILY: (n) => (n === 1 ? 'jeden Tag' : `alle ${n} Tage`),
    WEEKLY: (n) => (n === 1 ? 'jede Woche' : `alle ${n} Wochen`),
    MONTHLY: (n) => (n === 1 ? 'jeden Monat' : `alle ${n} Monate`),
    YEARLY: (n) => (n === 1 ? 'jedes Jahr' : `alle ${n} Jahre`),
  },
  repeats: 'wiederholt sich',
};

export const invitationWords: Readonly<Record<Language, InvitationWords>> = { en, de };

/** Put together here: the order and commas of `Intl` differ between versions of Node. */
function dateInWords(date: Temporal.PlainDateTime, language: Language): string {
  const time = date.toZonedDateTime('UTC').epochMilliseconds;
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(time);
  const day = language === 'de' ? `${date.day}.` : String(date.day);
  return `${part({ weekday: 'long' })}, ${day} ${part({ month: 'long' })} ${date.year}`;
}

/** `Monday, 30 November 2026, 10:00–11:00 (Europe/Berlin), every week`: in the meeting's own zone. */
export function timeInWords({ startsAt, endsAt, zone, recurrence }: Schedule, language: Language): string {
  const shown = (text: string): string => dateInWords(Temporal.PlainDateTime.from(text), language);
  const [day, from] = startsAt.split('T');
  const [lastDay, to] = endsAt.split('T');
  const end = day === lastDay ? to : `${shown(endsAt)}, ${to}`;
  const again = recurrence === null ? '' : `, ${recurrenceInWords(recurrence, language)}`;
  return `${shown(startsAt)}, ${from}–${end} (${zone})${again}`;
}

/** The calendar entry has it exactly; here its beat is enough. */
function recurrenceInWords(rule: string, language: Language): string {
  const words = invitationWords[language];
  const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]));
  const every = words.every[parts.get('FREQ') ?? ''] as ((interval: number) => string) | undefined;
  return every?.(Number(parts.get('INTERVAL') ?? 1)) ?? words.repeats;
}
