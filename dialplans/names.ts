import type { PlanProblemCode } from './errors.ts';
import { ZoneClock, type Holidays } from './time.ts';
import type { Trunk } from './trunks.ts';
import type { SecretSource } from './types.ts';
import type { NodePath } from './yaml.ts';

/** Says what is wrong at a place, below where whoever is asked stands. */
export type Report = (path: NodePath, code: PlanProblemCode, message: string, remedy: string) => void;

/** What rules may name. Trunks, holidays and tenants are all plans'; variables and secrets the rule's plan's. */
export interface PlanNames {
  readonly trunks: ReadonlyMap<string, Trunk>;
  readonly holidays: ReadonlyMap<string, Holidays>;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** One clock for all rules of a zone. */
  readonly clock: (zone: string) => ZoneClock;
}

export function sharedClocks(): (zone: string) => ZoneClock {
  const clocks = new Map<string, ZoneClock>();
  return (zone) => {
    const clock = clocks.get(zone) ?? new ZoneClock(zone);
    clocks.set(zone, clock);
    return clock;
  };
}
