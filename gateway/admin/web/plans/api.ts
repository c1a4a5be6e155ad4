/** What the dial plans' page asks the gateway; shapes as in `/openapi.json`. */
import { load } from '../admin/request.ts';
import type { PlanProblem } from '../ask.ts';
import type { Schema } from './editor/schema.ts';
import type { PromptCatalog } from './editor/vocabulary.ts';
import type { Tried, TriedCall } from './trials.ts';

export interface Tally {
  readonly served: number;
  readonly failed: number;
  /** Percent; null: no call yet. */
  readonly failureRate: number | null;
}

export interface Canary {
  readonly plan: string;
  readonly version: number;
  readonly state: 'running' | 'promoted' | 'ended' | 'taken-back';
  readonly reason: string | null;
  readonly numbers: readonly string[];
  readonly share: number;
  readonly failureRate: number;
  readonly calls: number;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  readonly candidate: Tally;
  readonly rest: Tally;
}

export interface PlanSummary {
  readonly name: string;
  readonly owner: 'file' | 'database';
  readonly enabled: boolean;
  readonly version: number | null;
  readonly replaces: string | null;
  readonly replacedBy: string | null;
  readonly rules: number | null;
  readonly tests: number | null;
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
  readonly note: string | null;
  readonly canary: Canary | null;
}

export interface PlanView extends PlanSummary {
  /** Without quotes. */
  readonly etag: string;
  readonly text: string;
}

export interface PlanVersion {
  readonly version: number;
  readonly kind: 'published' | 'rolled-back' | 'taken-over' | 'candidate';
  readonly at: string;
  readonly by: string;
  readonly note: string | null;
}

export interface PlanChange {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  readonly part: string;
  readonly name: string | null;
  readonly keys: readonly string[];
}

export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly { readonly message: string; readonly remedy: string }[];
}

export interface Check {
  readonly problems: readonly PlanProblem[];
  readonly tests: readonly TestResult[];
  readonly changes: readonly PlanChange[];
}

export interface CanaryWish {
  readonly text: string;
  readonly note?: string;
  readonly numbers: readonly string[];
  readonly share: number;
  readonly failureRate: number;
  readonly calls: number;
}

const at = (name: string): string => `/plans/${encodeURIComponent(name)}`;
const quoted = (etag: string): string => `"${etag}"`;
/** Large plans take their time, which the gateway bounds. */
const checked = { deadlineMs: 160_000 };

export const fetchPlans = async (signal: AbortSignal): Promise<readonly PlanSummary[]> =>
  (await load<{ plans: readonly PlanSummary[] }>('/plans', { signal })).plans;

export const fetchPlan = (name: string): Promise<PlanView> => load(at(name));

export const checkText = (name: string, text: string, signal: AbortSignal): Promise<Check> =>
  load('/plans/check', { ...checked, method: 'POST', body: { name, text }, signal });

/** By the plans in force; with a text as if it were published under that name. */
export const tryCall = (call: TriedCall, draft?: { name: string; text: string }): Promise<Tried> =>
  load('/plans/try', { ...checked, method: 'POST', body: { ...draft, call } });

/** `etag` is that of the version which the text changes. */
export const publishText = (
  name: string,
  etag: string,
  wanted: { text: string; note: string; enabled: boolean },
): Promise<PlanView> =>
  load(at(name), { ...checked, method: 'PUT', body: withNote(wanted), etag: quoted(etag) });

/** A draft: it counts for no call until it is published. */
export const makePlan = (name: string, text: string): Promise<PlanView> =>
  load(at(name), { method: 'PUT', body: { text, enabled: false }, isNew: true });

export const removePlan = (name: string, etag: string): Promise<undefined> =>
  load(at(name), { method: 'DELETE', etag: quoted(etag) });

export const fetchVersions = async (name: string): Promise<readonly PlanVersion[]> =>
  (await load<{ versions: readonly PlanVersion[] }>(`${at(name)}/versions`)).versions;

export const fetchVersionText = async (name: string, version: number): Promise<string> =>
  (await load<{ text: string }>(`${at(name)}/versions/${version}`)).text;

export const rollBack = (name: string, etag: string, to: number, note: string): Promise<unknown> =>
  load(`${at(name)}/roll-back`, {
    ...checked,
    method: 'POST',
    body: withNote({ to, note }),
    etag: quoted(etag),
  });

export const takeOver = (name: string, as: string): Promise<PlanView> =>
  load(`${at(name)}/take-over`, { method: 'POST', body: { as } });

export const fetchCanary = (name: string, signal: AbortSignal): Promise<Canary> =>
  load(`${at(name)}/canary`, { signal });

export const startCanary = (name: string, wish: CanaryWish): Promise<Canary> =>
  load(`${at(name)}/canary`, { ...checked, method: 'POST', body: wish });

export const endCanary = (name: string): Promise<Canary> => load(`${at(name)}/canary`, { method: 'DELETE' });

export const promoteCanary = (name: string): Promise<Canary> =>
  load(`${at(name)}/canary/promote`, { ...checked, method: 'POST', body: {} });

export const fetchPrompts = (): Promise<PromptCatalog> => load('/prompts');

/** The format of plans, for completion and explanations. */
export async function fetchSchema(): Promise<Schema> {
  const response = await fetch('/schema/dial-plan.json');
  if (!response.ok) throw new Error('no schema');
  return (await response.json()) as Schema;
}

const withNote = <T extends { note: string }>({ note, ...rest }: T) =>
  note === '' ? rest : { ...rest, note };
