/** What the audit page asks the gateway; shapes as in `/openapi.json`. */
import { load } from '../admin/request.ts';
import type { Rows } from '../admin/use-pages.ts';
import type { AuditEntry } from './entry.ts';

const pageSize = 100;

export async function fetchAudit(after: string | null, signal: AbortSignal): Promise<Rows<AuditEntry>> {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (after !== null) query.set('after', after);
  const { entries, next } = await load<{ entries: AuditEntry[]; next: string | null }>(`/audit?${query}`, {
    signal,
  });
  return { rows: entries, next };
}
