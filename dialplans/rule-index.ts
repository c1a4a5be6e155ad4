import type { TextField } from './facts.ts';

/** Places in `Plan.rules`, ascending. */
export type Places = readonly number[];

/** Rules by what they say of one text. */
export interface TextTable {
  readonly field: TextField;
  /** By folded text. */
  readonly exact: ReadonlyMap<string, Places>;
  readonly prefix: ReadonlyMap<string, Places>;
  /** The lengths that `prefix` has, ascending. */
  readonly lengths: readonly number[];
}

/** Each rule stands in one of the tables: the one that tells it best from the others. */
export interface RuleIndex {
  readonly tables: readonly TextTable[];
  /** By `internationalDigits`. */
  readonly digits: {
    readonly called: ReadonlyMap<string, Places>;
    readonly calling: ReadonlyMap<string, Places>;
  };
  /** By length of the block, then by its first address. */
  readonly sources: readonly { readonly bits: number; readonly blocks: ReadonlyMap<bigint, Places> }[];
  /** Rules of no table: every call looks at them. */
  readonly rest: Places;
}
