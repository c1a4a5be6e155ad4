import type { CheckContext, PlanCheck } from './check.ts';
import type { PlanSource } from './compile.ts';
import type { ParsedFile } from './parse.ts';
import type { PlanFile, RuleSource } from './schema/plan.ts';
import type { PlanText, Unit } from './units.ts';

/** What the checking thread is told. */
export interface CheckOrder {
  readonly texts: readonly PlanText[];
  readonly context: CheckContext;
}

/** What it says, in this order: the plans without their rules, the rules file by file, the outcome. */
export type CheckMessage =
  | { readonly kind: 'source'; readonly source: PlanSource }
  | { readonly kind: 'rules'; readonly file: number; readonly rules: readonly RuleSource[] }
  | { readonly kind: 'outcome'; readonly good: boolean; readonly check: Omit<PlanCheck, 'plan'> };

/** Rules of one message: unpacking them takes a millisecond or two. */
const rulesPerMessage = 250;

/** A checked plan in pieces small enough that taking one holds nobody up. */
export function* handOver({ plan, problems, tests }: PlanCheck, source: PlanSource): Generator<CheckMessage> {
  if (plan !== null) {
    const files = filesOf(source);
    const places = new Map(files.map((file) => [file, stripped(file)]));
    const units = source.units.map((unit): Unit => {
      const own = unit.files.map((file) => places.get(file) ?? file);
      return { plan: own.at(-1) as ParsedFile<PlanFile>, files: own };
    });
    yield { kind: 'source', source: { version: source.version, units } };
    for (const [place, { data }] of files.entries()) {
      for (let from = 0; from < data.rules.length; from += rulesPerMessage) {
        yield { kind: 'rules', file: place, rules: data.rules.slice(from, from + rulesPerMessage) };
      }
    }
  }
  yield { kind: 'outcome', good: plan !== null, check: { problems, tests } };
}

/** All files once, in order; a fragment may belong to several plans. */
export function filesOf({ units }: PlanSource): readonly ParsedFile[] {
  return [...new Set(units.flatMap(({ files }) => files))];
}

/** Without its rules, and without the places of a text that is sound. */
function stripped({ name, data }: ParsedFile): ParsedFile {
  return { name, data: { ...data, rules: [] }, source: null };
}
