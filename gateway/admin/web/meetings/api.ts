/** What the meetings' pages ask the gateway; shapes as in `/openapi.json`. */
import { load, loadFile, loadText } from '../admin/request.ts';
import type { Rows } from '../admin/use-pages.ts';

export interface Schedule {
  /** Date and time in the zone: 2026-11-30T10:00 */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly zone: string;
  /** RFC 5545; null: once. */
  readonly recurrence: string | null;
}

/** What an admin chooses. */
export interface MeetingDetails {
  readonly title: string;
  readonly room: string;
  readonly waitForHost: boolean;
  readonly schedule: Schedule | null;
  readonly maxParticipants: number | null;
  readonly maxMinutes: number | null;
  readonly language: 'en' | 'de' | null;
}

export interface Meeting extends MeetingDetails {
  readonly id: string;
  readonly tenant: string;
  readonly number: string;
  readonly pins: { readonly host: string; readonly guest: string | null };
  readonly locked: boolean;
  readonly version: number;
  readonly next: readonly { readonly startsAt: string; readonly endsAt: string }[];
}

export interface MeetingWish extends Partial<MeetingDetails> {
  readonly locked?: boolean;
  /** Whose PIN is made anew. */
  readonly renew?: readonly ('host' | 'guest')[];
  readonly pins?: { readonly guest: null };
}

export interface Guess {
  readonly id: string;
  readonly tenant: string;
  readonly kind: 'number' | 'address';
  readonly source: string;
  readonly misses: number;
  readonly state: 'slowed' | 'blocked';
  readonly until: string;
}

const pageSize = 50;
const exportMs = 60_000;
const at = (id: string): string => `/meetings/${encodeURIComponent(id)}`;
const etagOf = ({ version }: Meeting): string => `"${version}"`;

export async function fetchMeetings(
  search: string,
  after: string | null,
  signal: AbortSignal,
): Promise<Rows<Meeting>> {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (search !== '') query.set('search', search);
  if (after !== null) query.set('after', after);
  const { meetings, next } = await load<{ meetings: Meeting[]; next: string | null }>(`/meetings?${query}`, {
    signal,
  });
  return { rows: meetings, next };
}

export const fetchMeeting = (id: string): Promise<Meeting> => load(at(id));

export const makeMeeting = (wish: MeetingWish): Promise<Meeting> =>
  load('/meetings', { method: 'POST', body: wish });

export const changeMeeting = (meeting: Meeting, wish: MeetingWish): Promise<Meeting> =>
  load(at(meeting.id), { method: 'PATCH', body: wish, etag: etagOf(meeting) });

export const removeMeeting = (meeting: Meeting): Promise<undefined> =>
  load(at(meeting.id), { method: 'DELETE', etag: etagOf(meeting) });

export const fetchInvitation = (
  { id }: Meeting,
  format: 'text' | 'html' | 'ics',
  role: 'guest' | 'host',
): Promise<string> => loadText(`${at(id)}/invitation?${new URLSearchParams({ format, role })}`);

export const fetchGuesses = async (signal: AbortSignal): Promise<readonly Guess[]> =>
  (await load<{ guesses: readonly Guess[] }>('/guesses', { signal })).guesses;

export const liftGuess = (id: string): Promise<undefined> =>
  load(`/guesses/${encodeURIComponent(id)}`, { method: 'DELETE' });

export interface Imported {
  readonly created: number;
  readonly changed: number;
}

/** All of a CSV file or none of it; tried only: what would come of it. */
export const importMeetings = (text: string, dryRun: boolean): Promise<Imported> =>
  load(`/meetings/import?dryRun=${dryRun}`, { method: 'POST', file: { type: 'text/csv', text } });

export const exportMeetings = (): Promise<Blob> => loadFile('/meetings/export', { deadlineMs: exportMs });
