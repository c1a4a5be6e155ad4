const keys = ['from', 'to', 'number', 'room', 'rule', 'tenant', 'reason'] as const;

/** Which past calls are looked for, by the API's names; an empty text fits all. Times are instants. */
export type Filter = Readonly<Record<(typeof keys)[number], string>>;

export const everyCall: Filter = { from: '', to: '', number: '', room: '', rule: '', tenant: '', reason: '' };

/** Of a page's address; what is no filter is left out. */
export function filterOf(query: string): Filter {
  const asked = new URLSearchParams(query);
  return Object.fromEntries(keys.map((key) => [key, asked.get(key) ?? ''])) as Filter;
}

/** Without a question mark; empty: every call. */
export function queryOf(filter: Filter): string {
  const set = keys.flatMap((key): [string, string][] => {
    const text = filter[key].trim();
    return text === '' ? [] : [[key, text]];
  });
  return new URLSearchParams(set).toString();
}

export const howMany = (filter: Filter): number => keys.filter((key) => filter[key].trim() !== '').length;
