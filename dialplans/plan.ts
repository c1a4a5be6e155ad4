import type { Condition } from './conditions.ts';
import type { RuleIndex } from './rule-index.ts';
import type { TestSource } from './schema/test.ts';
import type { Transform } from './transforms.ts';
import type { Trunk, TrunkIndex } from './trunks.ts';
import type { Language, RouteAction, TraceStep } from './types.ts';

/** Where calls belong that nothing else says it of: what a file says for all in it. */
export interface Home {
  readonly tenant: string;
  readonly language: Language | null;
}

export interface Rule {
  readonly name: string;
  /** Name of the plan it belongs to. */
  readonly plan: string;
  /** File it stands in: the plan's own, or a fragment that is included. */
  readonly file: string;
  readonly priority: number;
  /** All must hold; none: every call. At most one per field. */
  readonly conditions: readonly Condition[];
  /** Null: the numbers stay. */
  readonly transform: Transform | null;
  /** Its texts may refer to what a call brings. Null: the next rules are tried, with the numbers as transformed. */
  readonly action: RouteAction | null;
  /** The action has no such reference: it is the same for every call. */
  readonly constant: boolean;
  /** What the rule itself says; null: the called number's, or `home`. */
  readonly tenant: string | null;
  readonly language: Language | null;
  readonly home: Home;
  /** The variables of the rule's plan. */
  readonly variables: Readonly<Record<string, string>>;
  /** The trace's line when all conditions hold. */
  readonly hit: TraceStep;
}

/** A number of ours. */
export interface PlanNumber {
  /** As the plan writes it. */
  readonly number: string;
  readonly tenant: string;
  readonly language: Language | null;
  /** Two letters (ISO 3166): where it is a local call. */
  readonly country: string | null;
  readonly label: string | null;
  /** Invitations name it. */
  readonly invite: boolean;
}

/** Null: as the configuration says. */
export interface Tenant {
  readonly name: string;
  readonly title: string | null;
  readonly language: Language | null;
  readonly country: string | null;
  readonly timeZone: string | null;
  /** Digits. */
  readonly pins: { readonly host: number | null; readonly guest: number | null };
  /** Folder of its own prompts, below `tenants/` of the prompt folder. */
  readonly prompts: string | null;
}

/** A test that a plan carries, and the zone of its clock. */
export interface PlanTest {
  readonly source: TestSource;
  readonly zone: string;
}

/** All plans in one: a frozen snapshot, which a live call keeps while the files change. */
export interface Plan {
  /** The plans' names. */
  readonly name: string;
  /** Twelve hexadecimal digits of SHA-256 over their texts. */
  readonly version: string;
  /** Where calls belong that no rule, number or trunk claims: the default tenant where a plan is its, else the first plan's. */
  readonly tenant: string;
  readonly language: Language | null;
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly trunks: readonly Trunk[];
  readonly trunkIndex: TrunkIndex;
  /** Whose calls a trunk's are when no rule matches. */
  readonly trunkHomes: ReadonlyMap<string, Home>;
  /** By `numberKey`. */
  readonly numbers: ReadonlyMap<string, PlanNumber>;
  /** In the order in which they are tried: by priority, then as they stand in the files. */
  readonly rules: readonly Rule[];
  readonly index: RuleIndex;
  readonly tests: readonly PlanTest[];
  /** How much each file has itself, by its name. */
  readonly files: ReadonlyMap<string, { readonly rules: number; readonly tests: number }>;
}
