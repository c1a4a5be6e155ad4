import { useCallback, useEffect, useRef, useState } from 'react';

export interface Rows<T> {
  readonly rows: readonly T[];
  /** Where the next ones begin; null: these are the last. */
  readonly next: string | null;
}

export interface Pages<T> {
  /** All that were asked for so far; null: the first are on their way. */
  readonly rows: readonly T[] | null;
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly trouble: unknown;
  readonly more: () => void;
  /** From the beginning. */
  readonly again: () => void;
}

interface Found<T> extends Omit<Pages<T>, 'hasMore' | 'more' | 'again'> {
  readonly next: string | null;
}

/**
 * A list that comes page by page. What is shown stays until what another `fetchPage` finds is there.
 * @param fetchPage another one begins anew
 * @param restMs how long nobody must have asked for something else, as while typing
 */
export function usePages<T>(
  fetchPage: (after: string | null, signal: AbortSignal) => Promise<Rows<T>>,
  restMs = 0,
): Pages<T> {
  const [edition, setEdition] = useState(0);
  const [found, setFound] = useState<Found<T>>({ rows: null, next: null, busy: true, trouble: null });
  const round = useRef(new AbortController());
  const isFirst = useRef(true);

  const look = useCallback(
    (after: string | null, stop: AbortController): void => {
      setFound((before) => ({ ...before, busy: true }));
      fetchPage(after, stop.signal).then(
        (page) => {
          if (stop.signal.aborted) return;
          isFirst.current = false;
          setFound((before) => ({
            rows: after === null ? page.rows : [...(before.rows ?? []), ...page.rows],
            next: page.next,
            busy: false,
            trouble: null,
          }));
        },
        (trouble: unknown) => {
          if (!stop.signal.aborted) setFound((before) => ({ ...before, busy: false, trouble }));
        },
      );
    },
    [fetchPage],
  );
  useEffect(() => {
    const stop = new AbortController();
    round.current = stop;
    const timer = setTimeout(() => look(null, stop), isFirst.current ? 0 : restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [look, restMs, edition]);

  const { next, ...rest } = found;
  const more = useCallback(() => look(next, round.current), [look, next]);
  const again = useCallback(() => setEdition((before) => before + 1), []);
  return { ...rest, hasMore: next !== null, more, again };
}
