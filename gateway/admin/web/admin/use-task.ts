import { useCallback, useState } from 'react';

export interface Task {
  readonly busy: boolean;
  /** What the last run threw; null: nothing. */
  readonly trouble: unknown;
  /** One run at a time; true: it went well. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>;
  readonly forget: () => void;
}

/** Something that a button starts: whether it runs, and what became of it. */
export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const run = useCallback(async (work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setTrouble(null);
    try {
      await work();
      return true;
    } catch (error) {
      setTrouble(error);
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const forget = useCallback(() => setTrouble(null), []);
  return { busy, trouble, run, forget };
}
