import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Language } from '../prompts/prompts.ts';
import type { Meeting, Role } from '../ports.ts';

/** A number that people dial to come in. */
export interface DialledNumber {
  readonly number: string;
  /** Two letters (ISO 3166); null: not known. */
  readonly country: string | null;
  readonly label: string | null;
}

/** All that an invitation can say. */
export interface InvitationFacts {
  readonly meeting: Meeting;
  /** Whose PIN is in it. */
  readonly role: Role;
  readonly language: Language;
  /** Who invites; null: nobody is named. */
  readonly host: string | null;
  readonly numbers: readonly DialledNumber[];
  /** Leads to the PIN prompt, or into the meeting where no PIN is needed. */
  readonly sipUri: string;
  readonly webUrl: string;
}

/** A number as it is shown and as a telephone dials it, PIN and all. */
export interface ShownNumber {
  readonly shown: string;
  /** `tel:` URI (RFC 3966; a comma is a pause). */
  readonly href: string;
  /** Where it is a local call, in words; null: not known. */
  readonly place: string | null;
}

export function pinOf({ meeting, role }: InvitationFacts): string | null {
  return meeting.pins[role];
}

export function titleOf({ title, room }: Meeting): string {
  return title === '' ? room : title;
}

/** By country, in the order of their names; none where no PIN could be typed. */
export function shownNumbers(facts: InvitationFacts): ShownNumber[] {
  const pin = pinOf(facts);
  if (pin === null) return [];
  const countries = new Intl.DisplayNames([facts.language], { type: 'region' });
  const shown = facts.numbers.map(({ number, country, label }): ShownNumber => {
    const parsed = parsePhoneNumberFromString(number);
    const place = [country === null ? null : countryName(countries, country), label].filter(
      (part) => part !== null,
    );
    return {
      shown: parsed?.formatInternational() ?? number,
      href: `tel:${parsed?.number ?? encodeURIComponent(number)},,${pin}%23`,
      place: place.length === 0 ? null : place.join(', '),
    };
  });
  return shown.sort((a, b) => (a.place ?? '').localeCompare(b.place ?? '', facts.language));
}

function countryName(names: Intl.DisplayNames, country: string): string {
  try {
    return names.of(country) ?? country;
  } catch {
    // No code of a country.
    return country;
  }
}
