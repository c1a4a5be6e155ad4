import { useCallback, useState } from 'react';
import { ListEnd } from '../admin/list-end.tsx';
import { setQuery, useQuery } from '../admin/navigation.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { usePages } from '../admin/use-pages.ts';
import { useTitle } from '../admin/use-title.ts';
import '../styles/calls.css';
import { fetchCalls } from './api.ts';
import { CallsTable } from './calls-table.tsx';
import { type Filter, filterOf, howMany, queryOf } from './filter.ts';
import { ExportButton, useExports } from './exports.tsx';
import { FilterForm } from './filter-form.tsx';

const restMs = 250;

/** Past calls, the latest first, by a filter that the address keeps. */
export function CallsPage() {
  const query = useQuery();
  // What is typed may end in a space that the address does not keep.
  const [filter, setFilter] = useState(() => filterOf(query));
  const asked = queryOf(filter);
  const fetchPage = useCallback(
    (after: string | null, signal: AbortSignal) => fetchCalls(filterOf(asked), after, signal),
    [asked],
  );
  const pages = usePages(fetchPage, restMs);
  const exports = useExports(filter);
  useTitle('Calls · Interop gateway');
  const change = (next: Filter): void => {
    setFilter(next);
    setQuery(queryOf(next));
  };
  return (
    <>
      <div className="headline">
        <h1>Calls</h1>
        <div className="buttons">
          <button type="button" className="quiet" disabled={pages.busy} onClick={pages.again}>
            Look again
          </button>
          <ExportButton format="csv" title="Save as CSV" exports={exports} />
          <ExportButton format="jsonl" title="Save as JSON lines" exports={exports} />
        </div>
      </div>
      {exports.trouble !== null && <Trouble of={exports.trouble} />}
      <FilterForm filter={filter} onChange={change} />
      {pages.rows !== null && pages.rows.length > 0 && <CallsTable calls={pages.rows} />}
      <ListEnd
        pages={pages}
        what={['call', 'calls']}
        nothing={howMany(filter) === 0 ? 'No call has ended yet.' : 'No call fits this filter.'}
      />
    </>
  );
}
