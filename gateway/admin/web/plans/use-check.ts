import { useEffect, useState } from 'react';
import { checkText, type Check } from './api.ts';

const restMs = 350;

export interface Checked {
  /** Of the text as it was then; null: not yet. */
  readonly check: Check | null;
  /** The text has changed since. */
  readonly stale: boolean;
  readonly trouble: unknown;
}

/** Has the gateway check a text when nobody has typed for a moment. */
export function useCheck(name: string, text: string | null): Checked {
  const [done, setDone] = useState<{ text: string; check: Check } | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  useEffect(() => {
    if (text === null) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      checkText(name, text, stop.signal).then(
        (check) => {
          setDone({ text, check });
          setTrouble(null);
        },
        (error: unknown) => {
          if (!stop.signal.aborted) setTrouble(error);
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [name, text]);
  return { check: done?.check ?? null, stale: done?.text !== text, trouble };
}
