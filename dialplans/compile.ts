import type { PlanProblem } from './errors.ts';
import { indexRules } from './index-rules.ts';
import {
  collectHolidays,
  collectNumbers,
  collectTenants,
  defaultTenant,
  isTenant,
  unknownTenant,
  type PlacedUnit,
  type ReportIn,
} from './collect.ts';
import { sharedClocks, type PlanNames, type Report } from './names.ts';
import { problemIn, type ParsedFile } from './parse.ts';
import type { Home, Plan, PlanTest, Rule, Tenant } from './plan.ts';
import { callVariables, compileRule } from './rule.ts';
import { collectTrunks } from './collect-trunks.ts';
import { indexTrunks } from './trunks.ts';
import type { SecretSource } from './types.ts';
import type { Unit } from './units.ts';
import type { NodePath } from './yaml.ts';

/** What plans are compiled from: data only, so that it can be checked in one thread and compiled in another. */
export interface PlanSource {
  readonly version: string;
  readonly units: readonly Unit[];
}

/** A rule and where its text is. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly file: ParsedFile;
  readonly path: NodePath;
}

export interface Compiled {
  readonly plan: Plan;
  /** In the order of `plan.rules`. */
  readonly placed: readonly PlacedRule[];
}

/**
 * Compiles plans that are sound each by itself; what is wrong among them goes to `problems`, and nothing of the outcome
 * is then to be used. A generator, so that who has other things to do can do it in steps.
 */
export function* compileUnits(source: PlanSource, problems: PlanProblem[]): Generator<void, Compiled> {
  const { units } = source;
  const report: ReportIn = (...what) => {
    problems.push(problemIn(...what));
  };
  const tenants = collectTenants(units, report);
  const placedUnits = units.map((unit) => placeUnit(unit, tenants, report));
  const holidays = collectHolidays(units, report);
  const trunks = collectTrunks(placedUnits, report);
  const numbers = yield* collectNumbers(placedUnits, tenants, report);
  const names = { trunks: new Map(trunks.map((one) => [one.name, one])), holidays, clock: sharedClocks() };
  yield;
  const placed: PlacedRule[] = [];
  const seen = new Set<string>();
  for (const unit of placedUnits) {
    for (const place of rulesOf(unit)) {
      refuseSecond(place, seen, report);
      placed.push(compilePlaced(place, unit, names, tenants, report));
      yield;
    }
  }
  placed.sort((a, b) => a.rule.priority - b.rule.priority);
  yield;
  const rules = placed.map(({ rule }) => rule);
  const index = yield* indexRules(rules);
  const own = placedUnits.find(({ home }) => home.tenant === defaultTenant) ?? placedUnits.at(0);
  return {
    placed,
    plan: Object.freeze({
      name: units.map(({ plan }) => plan.name).join(', '),
      version: source.version,
      tenant: own?.home.tenant ?? defaultTenant,
      language: own?.home.language ?? null,
      tenants,
      trunks: Object.freeze(trunks),
      trunkIndex: indexTrunks(trunks),
      trunkHomes: new Map(
        placedUnits.flatMap(({ unit, home }) =>
          unit.files.flatMap(({ data }) => data.trunks.map(({ name }) => [name, home] as const)),
        ),
      ),
      numbers,
      rules: Object.freeze(rules),
      index,
      tests: testsOf(placedUnits, tenants, report),
      files: new Map(
        units.flatMap(({ files }) =>
          files.map(({ name, data }) => [name, { rules: data.rules.length, tests: data.tests.length }]),
        ),
      ),
    }),
  };
}

function placeUnit(unit: Unit, tenants: ReadonlyMap<string, Tenant>, report: ReportIn): PlacedUnit {
  const { tenant, language } = unit.plan.data;
  if (!isTenant(tenant, tenants)) {
    report(unit.plan, ['tenant'], 'PLAN_UNKNOWN_TENANT', ...unknownTenant(tenant, tenants));
  }
  const home: Home = Object.freeze({ tenant, language: language ?? null });
  return { unit, home, variables: variablesOf(unit, report), secrets: secretsOf(unit) };
}

function variablesOf({ files }: Unit, report: ReportIn): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const file of files) {
    for (const [name, text] of Object.entries(file.data.variables)) {
      if (Object.hasOwn(variables, name)) {
        const message = `there is another variable "${name}"`;
        report(file, ['variables', name], 'PLAN_VARIABLE_CLASH', message, 'Rename one of them.');
      }
      if (callVariables.some((brought) => brought === name)) {
        const message = `"${name}" is what every call brings`;
        report(file, ['variables', name], 'PLAN_VARIABLE_CLASH', message, 'Choose another name.');
      }
      if (text.includes('${')) {
        const message = `the variable "${name}" refers to another`;
        report(file, ['variables', name], 'PLAN_BAD_TEMPLATE', message, 'Write its text out.');
      }
      variables[name] = text;
    }
  }
  return Object.freeze(variables);
}

function secretsOf({ plan }: Unit): ReadonlyMap<string, SecretSource> {
  return new Map(
    Object.entries(plan.data.secrets).map(([name, { env, file }]) => [
      name,
      env === undefined ? { name, file: file ?? '' } : { name, env },
    ]),
  );
}

interface Place {
  readonly file: ParsedFile;
  readonly path: NodePath;
  readonly index: number;
}

function* rulesOf({ unit }: PlacedUnit): Generator<Place> {
  for (const file of unit.files) {
    for (const index of file.data.rules.keys()) yield { file, path: ['rules', index], index };
  }
}

function refuseSecond({ file, path, index }: Place, seen: Set<string>, report: ReportIn): void {
  const { name } = file.data.rules[index];
  if (seen.has(name)) {
    const remedy = 'Rename one; records and traces name rules.';
    report(file, [...path, 'name'], 'PLAN_DUPLICATE_RULE', `there is another rule "${name}"`, remedy);
  }
  seen.add(name);
}

function compilePlaced(
  { file, path, index }: Place,
  { unit, home, variables, secrets }: PlacedUnit,
  names: Omit<PlanNames, 'variables' | 'secrets'>,
  tenants: ReadonlyMap<string, Tenant>,
  reportIn: ReportIn,
): PlacedRule {
  const source = file.data.rules[index];
  const report: Report = (below, ...rest) => reportIn(file, [...path, ...below], ...rest);
  const { tenant = home.tenant } = source;
  if (source.tenant !== undefined && !isTenant(tenant, tenants)) {
    report(['tenant'], 'PLAN_UNKNOWN_TENANT', ...unknownTenant(tenant, tenants));
  }
  const rule = compileRule(source, {
    plan: unit.plan.name,
    file: file.name,
    home,
    timeZone: tenants.get(tenant)?.timeZone ?? null,
    names: { ...names, variables, secrets },
    report,
  });
  return { rule, file, path };
}

function testsOf(
  units: readonly PlacedUnit[],
  tenants: ReadonlyMap<string, Tenant>,
  report: ReportIn,
): readonly PlanTest[] {
  return units.flatMap(({ unit, home }) => {
    const usual = tenants.get(home.tenant)?.timeZone ?? 'UTC';
    return unit.files.flatMap((file) => {
      const seen = new Set<string>();
      return file.data.tests.map((source, index) => {
        if (seen.has(source.name)) {
          const message = `there is another test "${source.name}"`;
          report(file, ['tests', index, 'name'], 'PLAN_DUPLICATE_TEST', message, 'Rename one of them.');
        }
        seen.add(source.name);
        return { source, zone: source.call.zone ?? usual };
      });
    });
  });
}
