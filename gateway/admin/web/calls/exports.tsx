import { useState } from 'react';
import { saveFile } from '../admin/save-file.ts';
import { exportCalls } from './api.ts';
import type { Filter } from './filter.ts';

type Format = 'csv' | 'jsonl';

export interface Exports {
  /** On its way; null: none. */
  readonly running: Format | null;
  readonly trouble: unknown;
  readonly begin: (format: Format) => void;
  readonly giveUp: () => void;
}

/** All calls that fit as a file, one at a time; a long one can be given up. */
export function useExports(filter: Filter): Exports {
  const [running, setRunning] = useState<{ format: Format; stop: AbortController } | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const save = async (format: Format): Promise<void> => {
    const stop = new AbortController();
    setRunning({ format, stop });
    setTrouble(null);
    try {
      saveFile(`calls.${format}`, await exportCalls(filter, format, stop.signal));
    } catch (error) {
      if (!stop.signal.aborted) setTrouble(error);
    } finally {
      setRunning(null);
    }
  };
  return {
    running: running?.format ?? null,
    trouble,
    begin: (format) => void save(format),
    giveUp: () => running?.stop.abort(),
  };
}

interface ButtonProps {
  readonly format: Format;
  readonly title: string;
  readonly exports: Exports;
}

/** It begins an export, and gives it up while it is on its way. */
export function ExportButton({ format, title, exports: { running, begin, giveUp } }: ButtonProps) {
  const isRunning = running === format;
  return (
    <button
      type="button"
      className="quiet"
      disabled={running !== null && !isRunning}
      onClick={isRunning ? giveUp : () => begin(format)}
    >
      <span aria-live="polite">{isRunning ? 'Saving … Give up' : title}</span>
    </button>
  );
}
