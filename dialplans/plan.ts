import type { Condition } from './conditions.ts';
import type { Template } from './template.ts';
import type { Trunk, TrunkIndex } from './trunks.ts';
import type { Language, RoomView, TraceStep } from './types.ts';

export type Action =
  | { readonly kind: 'ask-pin'; readonly view: RoomView }
  | { readonly kind: 'join'; readonly room: Template; readonly view: RoomView }
  | { readonly kind: 'reject'; readonly text: Template | null }
  | { readonly kind: 'echo' };

export interface Rule {
  readonly name: string;
  readonly file: string;
  readonly tenant: string;
  readonly language: Language | null;
  readonly priority: number;
  /** All must hold; none: every call. At most one per field. */
  readonly conditions: readonly Condition[];
  readonly action: Action;
  /** The variables of the rule's file. */
  readonly variables: Readonly<Record<string, string>>;
  /** The trace's line when all conditions hold. */
  readonly hit: TraceStep;
}

/** Which rules a called number can concern: places in `Plan.rules`, ascending. */
export interface RuleIndex {
  readonly exact: ReadonlyMap<string, readonly number[]>;
  readonly prefix: ReadonlyMap<string, readonly number[]>;
  readonly longestPrefix: number;
  /** Rules that say nothing of the called number, or say it by regex. */
  readonly rest: readonly number[];
}

/** A frozen snapshot: what a live call keeps while the files change. */
export interface Plan {
  /** The files' names. */
  readonly name: string;
  /** Twelve hexadecimal digits of SHA-256 over the files. */
  readonly version: string;
  /** Tenant and language of the first file: where calls belong that no rule or trunk claims. */
  readonly tenant: string;
  readonly language: Language | null;
  readonly trunks: readonly Trunk[];
  readonly trunkIndex: TrunkIndex;
  /** Which tenant a trunk's calls belong to when no rule matches. */
  readonly trunkHomes: ReadonlyMap<string, { readonly tenant: string; readonly language: Language | null }>;
  /** In the order in which they are tried: by priority, then as they stand in the files. */
  readonly rules: readonly Rule[];
  readonly index: RuleIndex;
}
