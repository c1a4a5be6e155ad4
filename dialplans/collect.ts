import type { PlanProblemCode } from './errors.ts';
import { fold, internationalDigits } from './facts.ts';
import { knownNames } from './nearest.ts';
import type { ParsedFile } from './parse.ts';
import type { Home, PlanNumber, Tenant } from './plan.ts';
import { parseHoliday, type Holidays } from './time.ts';
import type { SecretSource } from './types.ts';
import type { Unit } from './units.ts';
import type { NodePath } from './yaml.ts';

export type ReportIn = (
  file: ParsedFile,
  path: NodePath,
  code: PlanProblemCode,
  message: string,
  remedy: string,
) => void;

/** A plan with what all its files share. */
export interface PlacedUnit {
  readonly unit: Unit;
  readonly home: Home;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
}

/** The tenants of all plans. */
export function collectTenants(units: readonly Unit[], report: ReportIn): ReadonlyMap<string, Tenant> {
  const tenants = new Map<string, Tenant>();
  for (const { plan } of units) {
    plan.data.tenants.forEach((source, index) => {
      const { name, title, language, country, timeZone, pins, prompts } = source;
      if (tenants.has(name)) {
        const message = `there is another tenant "${name}"`;
        report(plan, ['tenants', index, 'name'], 'PLAN_DUPLICATE_TENANT', message, 'Rename one of them.');
      }
      tenants.set(name, {
        name,
        title: title ?? null,
        language: language ?? null,
        country: country ?? null,
        timeZone: timeZone ?? null,
        pins: { host: pins?.host ?? null, guest: pins?.guest ?? null },
        prompts: prompts ?? null,
      });
    });
  }
  return tenants;
}

/** Whose is what names no tenant. */
export const defaultTenant = 'default';

/** Where no tenant is defined, any will do; the default one needs no definition, so that plans stay good beside others. */
export function isTenant(name: string, tenants: ReadonlyMap<string, Tenant>): boolean {
  return tenants.size === 0 || tenants.has(name) || name === defaultTenant;
}

/** What is said of a tenant that is not defined although others are. */
export function unknownTenant(
  tenant: string,
  tenants: ReadonlyMap<string, Tenant>,
): [message: string, remedy: string] {
  const known = new Set([defaultTenant, ...tenants.keys()]);
  return [
    `there is no tenant "${tenant}"`,
    `${knownNames(tenant, known)} Tenants are defined under "tenants".`,
  ];
}

/** The lists of holidays of all plans. */
export function collectHolidays(units: readonly Unit[], report: ReportIn): ReadonlyMap<string, Holidays> {
  const lists = new Map<string, Holidays>();
  const read = new Set<ParsedFile>();
  for (const file of units.flatMap(({ files }) => files)) {
    // A fragment of several plans has one list.
    if (read.has(file)) continue;
    read.add(file);
    for (const [name, texts] of Object.entries(file.data.holidays)) {
      if (lists.has(name)) {
        const message = `there are other holidays "${name}"`;
        report(file, ['holidays', name], 'PLAN_DUPLICATE_HOLIDAYS', message, 'Rename one of the lists.');
      }
      const ranges = texts.flatMap((text, index) => {
        const range = parseHoliday(text);
        if (typeof range !== 'string') return [range];
        const remedy = 'Write 2026-12-24, 12-24 for every year, or a range 2026-12-24..2026-12-26.';
        report(file, ['holidays', name, index], 'PLAN_BAD_HOLIDAY', `"${text}" ${range}`, remedy);
        return [];
      });
      lists.set(name, { name, ranges });
    }
  }
  return lists;
}

/** Numbers that are looked at between two chances to do something else: a millisecond's worth. */
const numbersPerStep = 500;

/** How numbers are found, however they are written: digits of international ones, folded text of others. */
export function numberKey(number: string): string {
  const digits = internationalDigits(number);
  return digits === '' ? fold(number) : `+${digits}`;
}

/** Our own numbers, of all plans; in steps, since a plan may have tens of thousands. */
export function* collectNumbers(
  units: readonly PlacedUnit[],
  tenants: ReadonlyMap<string, Tenant>,
  report: ReportIn,
): Generator<void, ReadonlyMap<string, PlanNumber>> {
  const numbers = new Map<string, PlanNumber>();
  for (const { unit, home } of units) {
    for (const file of unit.files) {
      for (const [index, source] of file.data.numbers.entries()) {
        if (index % numbersPerStep === 0) yield;
        const { number, tenant = home.tenant, language, country, label, invite } = source;
        const path = ['numbers', index];
        const key = numberKey(number);
        const other = numbers.get(key);
        if (other !== undefined) {
          const message = `the number ${number} is one already, of tenant "${other.tenant}"`;
          const remedy = 'A number belongs to one tenant; remove it from one of the lists.';
          report(file, [...path, 'number'], 'PLAN_DUPLICATE_NUMBER', message, remedy);
        }
        if (source.tenant !== undefined && !isTenant(tenant, tenants)) {
          report(file, [...path, 'tenant'], 'PLAN_UNKNOWN_TENANT', ...unknownTenant(tenant, tenants));
        }
        numbers.set(key, {
          number,
          tenant,
          language: language ?? null,
          country: country ?? tenants.get(tenant)?.country ?? null,
          label: label ?? null,
          invite,
        });
      }
    }
  }
  return numbers;
}
