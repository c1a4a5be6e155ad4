import '../styles/sheet.css';
import type { Pages } from './use-pages.ts';
import { Trouble } from './trouble.tsx';

interface Props {
  readonly pages: Pages<unknown>;
  /** Said when nothing was found. */
  readonly nothing: string;
  /** Of one, and of several. */
  readonly what: readonly [one: string, several: string];
}

/** Below a list: what went wrong, that there is nothing, how many are shown, and the way to more of them. */
export function ListEnd({ pages: { rows, hasMore, busy, trouble, more }, nothing, what }: Props) {
  if (trouble !== null) return <Trouble of={trouble} />;
  if (rows === null) return <p className="muted">One moment …</p>;
  return (
    <div className="list-end">
      <p className="muted small" role="status">
        {rows.length === 0
          ? nothing
          : `${rows.length} ${rows.length === 1 ? what[0] : what[1]}${hasMore ? ' so far' : ''}`}
      </p>
      {hasMore && (
        <button type="button" className="quiet" disabled={busy} onClick={more}>
          Show more
        </button>
      )}
    </div>
  );
}
