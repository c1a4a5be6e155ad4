import { createHash } from 'node:crypto';
import type { PlanFiles } from '../../dialplans/folder.ts';
import type { Fragments, PlanText } from '../../dialplans/units.ts';
import type { StoredPlans } from './stored.ts';

/** The texts that count together: the enabled plans, and the files that none of them replaces. */
export function countingTexts({ texts }: PlanFiles, { plans }: StoredPlans): PlanText[] {
  const enabled = plans.filter((plan) => plan.enabled);
  const replaced = new Set(enabled.map((plan) => plan.replaces));
  return [
    ...texts.filter((file) => !replaced.has(file.name)),
    ...enabled.map(({ name, text }) => ({ name, text })),
  ];
}

/** As if this text were published under that name, which may be a file's, too. */
export function withText({ name, text }: PlanText, files: PlanFiles, stored: StoredPlans): PlanText[] {
  if (files.texts.some((file) => file.name === name))
    return [...countingTexts(files, stored).filter((one) => one.name !== name), { name, text }];
  const before = stored.plans.find((plan) => plan.name === name);
  const plan = {
    ...{ name, text, enabled: true, version: 0, replaces: before?.replaces ?? null },
    ...{ updatedAt: '', updatedBy: '', note: null },
  };
  const plans = [...stored.plans.filter((one) => one.name !== name), plan];
  return countingTexts(files, { ...stored, plans });
}

interface Read {
  readonly texts: readonly PlanText[];
  readonly fragments: Fragments;
}

/** Whether the same comes of both; the order of texts does not count. */
export function sameTexts(one: Read, other: Read): boolean {
  return sameByName(byName(one.texts), byName(other.texts)) && sameByName(one.fragments, other.fragments);
}

function byName(texts: readonly PlanText[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map(({ name, text }) => [name, text]));
}

function sameByName(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  );
}

/** A file's version: the beginning of its hash. */
export function fileVersion(text: string): string {
  return `f${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
