/** What a test shows of a standard, for the table in docs/sip-conformance.md (`npm run conformance`). */
export interface Clause {
  /** As it is cited: `RFC 3261 §12.2.2`. */
  readonly section: string;
  /** `gateway`: ours behind any edge. `stack`: the SIP server's own; what drachtio-server does there is Sofia's decision. */
  readonly layer: 'gateway' | 'stack';
  /** What the test accepts of drachtio-server instead. */
  readonly onDrachtio?: string;
}

declare module 'vitest' {
  interface TaskMeta {
    readonly clause?: Clause;
  }
}

/** Test options that put a test into the table: `it('…', gateway('RFC 3264 §8.4'), async () => …)`. */
export function gateway(section: string, onDrachtio?: string): { meta: { clause: Clause } } {
  return { meta: { clause: { section, layer: 'gateway', ...(onDrachtio && { onDrachtio }) } } };
}

export function stack(section: string, onDrachtio?: string): { meta: { clause: Clause } } {
  return { meta: { clause: { section, layer: 'stack', ...(onDrachtio && { onDrachtio }) } } };
}
