import type { TraceStep } from '../plans/trials.ts';

/** What a record keeps of why its call went where it went. */
export type Explained =
  | {
      readonly kind: 'plan';
      readonly version: string;
      readonly steps: readonly TraceStep[];
      readonly skipped: number;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** Before a plan was asked. */
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }
  /** Many of one minute. */
  | { readonly kind: 'flood'; readonly sources: readonly (readonly [address: string, calls: number])[] }
  /** It belongs to another one. */
  | { readonly kind: 'bridge'; readonly call: string }
  | { readonly kind: 'nothing' };

interface Kept {
  readonly version: string;
  readonly steps: readonly TraceStep[];
  readonly skipped: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly refused: { readonly status?: number; readonly text?: string; readonly sources?: object };
  readonly bridgedWith: string;
}

/** The API leaves the shape open, as records outlive versions. */
export function explainedBy(trace: unknown): Explained {
  const kept = (typeof trace === 'object' ? trace : null) as Partial<Kept> | null;
  if (Array.isArray(kept?.steps)) {
    const { version = '', steps, skipped = 0, variables = {} } = kept;
    return { kind: 'plan', version, steps, skipped, variables };
  }
  if (kept?.refused?.sources !== undefined) {
    const sources = Object.entries(kept.refused.sources) as [string, number][];
    return { kind: 'flood', sources: sources.sort(([, a], [, b]) => b - a) };
  }
  if (kept?.refused?.status !== undefined) {
    return { kind: 'refused', status: kept.refused.status, text: kept.refused.text ?? '' };
  }
  if (kept?.bridgedWith !== undefined) return { kind: 'bridge', call: kept.bridgedWith };
  return { kind: 'nothing' };
}
