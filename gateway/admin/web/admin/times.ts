const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** In the reader's own zone and language. */
export const showTime = (iso: string): string => moment.format(new Date(iso));

/** With seconds. */
export const showSecond = (iso: string): string => exact.format(new Date(iso));

/** What `datetime-local` gives, as an instant with its offset. */
export const toInstant = (local: string): string => new Date(local).toISOString();

/** What `datetime-local` takes, in the reader's zone; of what is no time, nothing. */
export function toLocal(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `1 h 4 min`, `3 min 12 s`, `0 s`: two units at most. */
export function showDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
