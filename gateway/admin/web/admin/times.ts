const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** In the reader's own zone and language. */
export const showTime = (iso: string): string => moment.format(new Date(iso));

/** What `datetime-local` gives, as an instant with its offset. */
export const toInstant = (local: string): string => new Date(local).toISOString();
