/** What the pages of past calls ask the gateway; shapes as in `/openapi.json`. */
import { load, loadFile } from '../admin/request.ts';
import type { Rows } from '../admin/use-pages.ts';
import { type Filter, queryOf } from './filter.ts';
import type { CallRecord, ExplainedCall } from './shapes.ts';

const pageSize = 100;
/** As long as the gateway itself gives an export. */
const exportMs = 60 * 60 * 1000;

export async function fetchCalls(
  filter: Filter,
  after: string | null,
  signal: AbortSignal,
): Promise<Rows<CallRecord>> {
  const query = new URLSearchParams(queryOf(filter));
  query.set('limit', String(pageSize));
  if (after !== null) query.set('cursor', after);
  const { calls, next } = await load<{ calls: CallRecord[]; next: string | null }>(
    `/calls/records?${query}`,
    { signal },
  );
  return { rows: calls, next };
}

export const fetchCall = (id: string): Promise<ExplainedCall> =>
  load(`/calls/records/${encodeURIComponent(id)}`);

/** All that fit, not only those that are shown. */
export function exportCalls(filter: Filter, format: 'csv' | 'jsonl', signal: AbortSignal): Promise<Blob> {
  const query = new URLSearchParams(queryOf(filter));
  query.set('format', format);
  return loadFile(`/calls/records/export?${query}`, { signal, deadlineMs: exportMs });
}
