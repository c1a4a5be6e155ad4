import Papa from 'papaparse';
import type { CallRecord, CallSearch } from '../ports.ts';
import { reasonText } from '../reasons.ts';

type Find = (search: CallSearch) => Promise<readonly CallRecord[]>;

export interface ExportOptions {
  /** Numbers as rooms see them: their last four digits. What else tells numbers is left out then. */
  readonly hideNumbers: boolean;
}

/** Records that are read at a time; they are written before more are read. */
const pageSize = 500;

/** RFC 4180, with a line that names the columns. Texts that a spreadsheet would take for formulae get a ' before. */
export async function* csvOf(
  find: Find,
  search: Omit<CallSearch, 'limit' | 'after'>,
  options: ExportOptions,
): AsyncGenerator<string> {
  yield `${columns.join(',')}\r\n`;
  for await (const page of pagesOf(find, search)) {
    const rows = page.map((record) => columns.map((column) => cells[column](discreet(record, options))));
    yield `${Papa.unparse(rows, { header: false, escapeFormulae: true, newline: '\r\n' })}\r\n`;
  }
}

/** One JSON object a line, as the API shows a record. */
export async function* jsonLinesOf(
  find: Find,
  search: Omit<CallSearch, 'limit' | 'after'>,
  options: ExportOptions,
): AsyncGenerator<string> {
  for await (const page of pagesOf(find, search))
    yield page.map((record) => `${JSON.stringify(discreet(record, options))}\n`).join('');
}

async function* pagesOf(
  find: Find,
  search: Omit<CallSearch, 'limit' | 'after'>,
): AsyncGenerator<readonly CallRecord[]> {
  let after: CallSearch['after'];
  for (;;) {
    const page = await find({ ...search, after, limit: pageSize });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    const last = page.at(-1);
    after = last && { endedAt: last.endedAt, id: last.id };
  }
}

/** Traces, steps and identities may hold numbers, too. */
function discreet(record: CallRecord, { hideNumbers }: ExportOptions): CallRecord {
  if (!hideNumbers) return record;
  const { from, to, routedFrom, routedTo } = record;
  return {
    ...record,
    ...{
      from: lastFour(from),
      to: lastFour(to),
      routedFrom: lastFour(routedFrom),
      routedTo: lastFour(routedTo),
    },
    ...{ participant: null, trace: null, steps: [] },
  };
}

function lastFour(text: string): string {
  return text.replaceAll(/\d{5,}/g, (digits) => `…${digits.slice(-4)}`);
}

type Cell = string | number | null;

const cells = {
  id: ({ id }) => id,
  tenant: ({ tenant }) => tenant,
  direction: ({ direction }) => direction,
  protocol: ({ protocol }) => protocol,
  from: ({ from }) => from,
  to: ({ to }) => to,
  routedFrom: ({ routedFrom }) => routedFrom,
  routedTo: ({ routedTo }) => routedTo,
  trunk: ({ trunk }) => trunk,
  transport: ({ origin }) => origin?.transport ?? null,
  source: ({ origin }) => origin?.source ?? null,
  room: ({ room }) => room,
  rule: ({ rule }) => rule,
  attempts: ({ attempts }) => attempts,
  startedAt: ({ startedAt }) => startedAt,
  answeredAt: ({ answeredAt }) => answeredAt,
  endedAt: ({ endedAt }) => endedAt,
  talkSeconds: ({ answeredAt, endedAt }) =>
    answeredAt === null ? null : Math.round((Date.parse(endedAt) - Date.parse(answeredAt)) / 1000),
  endReason: ({ endReason }) => endReason,
  endText: ({ endReason }) => reasonText[endReason],
  codec: ({ media }) => media?.codec ?? null,
  encryption: ({ media }) => media?.encryption ?? null,
  mosReceived: ({ media }) => media?.quality?.received.mos ?? null,
  mosSent: ({ media }) => media?.quality?.sent.mos ?? null,
  lossPercentReceived: ({ media }) => media?.quality?.received.lossPercent ?? null,
  lossPercentSent: ({ media }) => media?.quality?.sent.lossPercent ?? null,
  steps: ({ steps }) =>
    steps
      .map(({ kind, subject, outcome }) => [kind, subject, outcome].filter((part) => part !== null).join(' '))
      .join('; '),
} as const satisfies Record<string, (record: CallRecord) => Cell>;

const columns = Object.keys(cells) as (keyof typeof cells)[];
