import { createHash } from 'node:crypto';
import { formatProblem, PlanError, type PlanProblem } from './errors.ts';
import { indexRules } from './index-rules.ts';
import { shadowedRules } from './lint.ts';
import type { Plan, Rule } from './plan.ts';
import { compileRule } from './rule.ts';
import { parsePlanFile, type ParsedPlanFile } from './schema.ts';
import { indexTrunks, parseBlock, type Trunk } from './trunks.ts';
import type { NodePath } from './yaml.ts';

/** A plan's file as it stands on disk or came by the API. */
export interface PlanText {
  /** For messages and the order of merging: `default.yaml`. */
  readonly name: string;
  readonly text: string;
}

/** A rule and where its text is. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly file: ParsedPlanFile;
  readonly path: NodePath;
}

/**
 * Checks and compiles a plan from its files, which are merged in the order of their names. Throws
 * `PlanError` with everything that is wrong, and nothing else.
 */
export function compilePlan(texts: readonly PlanText[]): Plan {
  const ordered = [...texts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const problems: PlanProblem[] = [];
  const files = ordered.flatMap(({ name, text }) => {
    try {
      return [parsePlanFile(name, text)];
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  // What is said across files (trunks, shadowing) only makes sense when each file is sound.
  if (problems.length > 0) throw new PlanError(problems);
  const first = files.at(0);
  if (first === undefined) throw new PlanError([noFiles]);

  const trunks = collectTrunks(files, problems);
  const placed = collectRules(files, new Set(trunks.map((trunk) => trunk.name)), problems);
  problems.push(...shadowedRules(placed));
  if (problems.length > 0) throw new PlanError(dedupe(problems));

  const rules = placed.map(({ rule }) => rule);
  return Object.freeze({
    name: ordered.map(({ name }) => name).join(', '),
    version: versionOf(ordered),
    tenant: first.plan.tenant,
    language: first.plan.language ?? null,
    trunks: Object.freeze(trunks),
    trunkIndex: indexTrunks(trunks),
    trunkHomes: new Map(
      files.flatMap(({ plan }) =>
        plan.trunks.map(({ name }) => [name, { tenant: plan.tenant, language: plan.language ?? null }]),
      ),
    ),
    rules: Object.freeze(rules),
    index: indexRules(rules),
  });
}

const noFiles: PlanProblem = {
  file: '(no file)',
  line: 1,
  column: 1,
  code: 'PLAN_NO_FILES',
  message: 'there is no plan',
  remedy: 'Put a *.yaml file into the folder; dialplans/plans/default.yaml is one to copy.',
};

function versionOf(texts: readonly PlanText[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of texts) hash.update(JSON.stringify([name, text]));
  return hash.digest('hex').slice(0, 12);
}

function collectTrunks(files: readonly ParsedPlanFile[], problems: PlanProblem[]): Trunk[] {
  const trunks = new Map<string, Trunk>();
  const owners = new Map<string, string>();
  for (const { plan, source } of files) {
    plan.trunks.forEach((trunk, index) => {
      const path = ['trunks', index];
      if (trunks.has(trunk.name)) {
        const message = `there is another trunk "${trunk.name}"`;
        problems.push(source.problemAt([...path, 'name'], 'PLAN_DUPLICATE_TRUNK', message, 'Rename one.'));
      }
      trunks.set(trunk.name, Object.freeze({ ...trunk, sources: Object.freeze(trunk.sources) }));
      trunk.sources.forEach((text, place) => {
        const at = [...path, 'sources', place];
        const block = parseBlock(text);
        if (typeof block === 'string') {
          const remedy = 'Write an address like 192.0.2.1, or a block like 192.0.2.0/24 or 2001:db8::/32.';
          problems.push(source.problemAt(at, 'PLAN_BAD_SOURCE', `"${text}" ${block}`, remedy));
          return;
        }
        const key = `${block.value}/${block.bits}/${trunk.tls}`;
        const owner = owners.get(key);
        if (owner !== undefined) {
          const message = `"${text}" is a source of trunk "${owner}" already`;
          const remedy = 'A call can only come from one trunk; remove it from one of them.';
          problems.push(source.problemAt(at, 'PLAN_DUPLICATE_SOURCE', message, remedy));
        }
        owners.set(key, trunk.name);
      });
    });
  }
  return [...trunks.values()];
}

function collectRules(
  files: readonly ParsedPlanFile[],
  trunks: ReadonlySet<string>,
  problems: PlanProblem[],
): PlacedRule[] {
  const placed: PlacedRule[] = [];
  const names = new Set<string>();
  for (const file of files) {
    file.plan.rules.forEach((source, index) => {
      const path = ['rules', index];
      if (names.has(source.name)) {
        const at = file.source.problemAt(
          [...path, 'name'],
          'PLAN_DUPLICATE_RULE',
          `there is another rule "${source.name}"`,
          'Rename one; records and traces name rules.',
        );
        problems.push(at);
      }
      names.add(source.name);
      placed.push({ rule: compileRule(source, path, file, trunks, problems), file, path });
    });
  }
  return placed.sort((a, b) => a.rule.priority - b.rule.priority);
}

/** A list that stands twice by an alias would say everything twice. */
function dedupe(problems: readonly PlanProblem[]): PlanProblem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}
