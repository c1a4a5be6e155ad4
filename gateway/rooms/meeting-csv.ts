import Papa from 'papaparse';
import type { Meeting, MeetingSaving, Schedule } from '../ports.ts';
import type { CsvFault } from './errors.ts';

/** A line of a file: what it asks for, and where it stands. */
export interface CsvLine {
  /** From 1; of its first line, where a cell has several. */
  readonly line: number;
  readonly saving: MeetingSaving;
}

type Cell = (meeting: Meeting) => string;

/** All columns, in the order in which they are written; a file to be read may leave any out but `room`. */
const columns = {
  id: ({ id }) => id,
  title: ({ title }) => title,
  room: ({ room }) => room,
  number: ({ number }) => number,
  hostPin: ({ pins }) => pins.host,
  guestPin: ({ pins }) => pins.guest ?? 'none',
  waitForHost: ({ waitForHost }) => yesOrNo(waitForHost),
  locked: ({ locked }) => yesOrNo(locked),
  startsAt: ({ schedule }) => schedule?.startsAt ?? '',
  endsAt: ({ schedule }) => schedule?.endsAt ?? '',
  zone: ({ schedule }) => schedule?.zone ?? '',
  recurrence: ({ schedule }) => schedule?.recurrence ?? '',
  maxParticipants: ({ maxParticipants }) => String(maxParticipants ?? ''),
  maxMinutes: ({ maxMinutes }) => String(maxMinutes ?? ''),
  language: ({ language }) => language ?? '',
  brand: ({ brand }) => brand ?? '',
} as const satisfies Record<string, Cell>;

type Column = keyof typeof columns;
const names = Object.keys(columns) as Column[];

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

/**
 * What a spreadsheet would run gets an apostrophe before it, and so does what has apostrophes before such a thing:
 * then reading takes exactly one away again.
 */
const formula = /^'*[=+\-@\t\r]/;

export function csvHeader(): string {
  return `\ufeff${Papa.unparse([names])}\r\n`;
}

/** Lines without the header. */
export function csvLines(meetings: readonly Meeting[]): string {
  const rows = meetings.map((meeting) => names.map((name) => columns[name](meeting)));
  return rows.length === 0 ? '' : `${Papa.unparse(rows, { escapeFormulae: formula })}\r\n`;
}

/** Reads what `csvHeader` and `csvLines` wrote, and what spreadsheets make of it: a BOM, semicolons, tabs, other order. */
export function readCsv(text: string): { lines: CsvLine[]; faults: CsvFault[] } {
  const body = text.replace(/^\ufeff/, '');
  const faults: CsvFault[] = [];
  const lines: CsvLine[] = [];
  let header: (Column | null)[] | null = null;
  for (const { line, cells } of rowsOf(body, faults)) {
    if (header === null) {
      header = readHeader(cells, line, faults);
      if (faults.length > 0) break;
      continue;
    }
    const read = readRow(header, cells, line);
    faults.push(...read.faults);
    if (read.faults.length === 0) lines.push({ line, saving: read.saving });
  }
  if (header === null && faults.length === 0)
    faults.push(fault(1, 'room', 'The file is empty.', 'Begin with a line of column names.'));
  return { lines, faults };
}

function rowsOf(text: string, faults: CsvFault[]): { line: number; cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  let line = 1;
  let at = 0;
  Papa.parse<string[]>(text, {
    delimiter: delimiterOf(text),
    step({ data, errors, meta }) {
      if (errors.some(({ type }) => type === 'Quotes'))
        faults.push(fault(line, 'room', 'A quotation mark is not closed.', 'Close it: "…".'));
      else if (data.some((cell) => cell.trim() !== '')) rows.push({ line, cells: data });
      line += newLines(text, at, meta.cursor);
      at = meta.cursor;
    },
  });
  return faults.length > 0 ? [] : rows;
}

/** By the header alone: what titles hold must not decide. */
function delimiterOf(text: string): string {
  const [header = ''] = text.trimStart().split('\n', 1);
  const counts = [',', ';', '\t'].map((one) => ({ one, count: header.split(one).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).one;
}

function newLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = text.indexOf('\n', from); i !== -1 && i < to; i = text.indexOf('\n', i + 1)) count += 1;
  return count;
}

function readHeader(cells: readonly string[], line: number, faults: CsvFault[]): (Column | null)[] {
  const header = cells.map((cell) => {
    const wanted = cell.trim().toLowerCase();
    return names.find((name) => name.toLowerCase() === wanted) ?? null;
  });
  header.forEach((name, i) => {
    const cell = cells[i].trim();
    const known = `The columns are: ${names.join(', ')}.`;
    if (name === null && cell !== '') faults.push(fault(line, cell, 'There is no such column.', known));
    if (name !== null && header.indexOf(name) !== i)
      faults.push(fault(line, name, 'The column stands twice.', 'Remove one of them.'));
  });
  if (!header.includes('room')) faults.push(fault(line, 'room', 'The column is missing.', 'Add it.'));
  return header;
}

function readRow(
  header: readonly (Column | null)[],
  cells: readonly string[],
  line: number,
): { saving: MeetingSaving; faults: CsvFault[] } {
  const faults: CsvFault[] = [];
  const values = new Map<Column, string>();
  cells.forEach((cell, i) => {
    const name = header.at(i) ?? null;
    if (name !== null)
      values.set(name, (formula.test(cell) && cell.startsWith("'") ? cell.slice(1) : cell).trim());
    else if (cell.trim() !== '')
      faults.push(
        fault(
          line,
          String(i + 1),
          'The cell stands under no column.',
          'Quote cells that have commas in them.',
        ),
      );
  });
  const row = new Row(values, line, faults);
  return { saving: row.saving(), faults };
}

/** One line's cells, read as what they mean. A column that is not there changes nothing. */
class Row {
  readonly #values: ReadonlyMap<Column, string>;
  readonly #line: number;
  readonly #faults: CsvFault[];

  constructor(values: ReadonlyMap<Column, string>, line: number, faults: CsvFault[]) {
    this.#values = values;
    this.#line = line;
    this.#faults = faults;
  }

  saving(): MeetingSaving {
    const [id, number] = [this.#text('id'), this.#text('number')];
    const [host, guest] = [this.#text('hostPin'), this.#text('guestPin')];
    const language = this.#oneOf('language', { en: 'en', de: 'de', '': null } as const);
    return {
      id: id === undefined || id === '' ? null : id,
      ...given('room', this.#text('room')),
      ...given('title', this.#text('title')),
      ...given('waitForHost', this.#switch('waitForHost')),
      ...given('locked', this.#switch('locked')),
      ...given('schedule', this.#schedule()),
      ...given('maxParticipants', this.#limit('maxParticipants')),
      ...given('maxMinutes', this.#limit('maxMinutes')),
      ...given('language', language),
      ...given('brand', orNull(this.#text('brand'))),
      ...given('number', orUndefined(number)),
      pins: { host: orUndefined(host), guest: guest?.toLowerCase() === 'none' ? null : orUndefined(guest) },
    };
  }

  #text(name: Column): string | undefined {
    return this.#values.get(name);
  }

  #switch(name: Column): boolean | undefined {
    const words = {
      yes: true,
      true: true,
      '1': true,
      ja: true,
      x: true,
      no: false,
      false: false,
      '0': false,
      nein: false,
      '': false,
    };
    return this.#oneOf(name, words, 'yes or no');
  }

  #oneOf<T>(
    name: Column,
    words: Readonly<Record<string, T>>,
    remedy = Object.keys(words).join(', '),
  ): T | undefined {
    const value = this.#text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (Object.hasOwn(words, value)) return words[value];
    this.#faults.push(fault(this.#line, name, `This can’t be “${value.slice(0, 40)}”.`, `Write ${remedy}.`));
    return undefined;
  }

  #limit(name: Column): number | null | undefined {
    const value = this.#text(name);
    if (value === undefined || value === '') return value === '' ? null : undefined;
    if (/^\d{1,9}$/.test(value)) return Number(value);
    this.#faults.push(fault(this.#line, name, 'This is no whole number.', 'Write digits only, or nothing.'));
    return undefined;
  }

  #schedule(): Schedule | null | undefined {
    const parts = (['startsAt', 'endsAt', 'zone', 'recurrence'] as const).map((name) => this.#text(name));
    if (parts.every((part) => part === undefined)) return undefined;
    const [startsAt = '', endsAt = '', zone = '', recurrence = ''] = parts;
    if (startsAt === '' && endsAt === '' && recurrence === '') return null;
    return { startsAt: plainTime(startsAt), endsAt: plainTime(endsAt), zone, recurrence: recurrence || null };
  }
}

/** Spreadsheets like a space between date and time, and add seconds. */
function plainTime(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:00)?$/, '$1T$2');
}

function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}

const orNull = (text: string | undefined): string | null | undefined => (text === '' ? null : text);
const orUndefined = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

function fault(line: number, column: string, message: string, remedy: string): CsvFault {
  return { line, column, message, remedy };
}
