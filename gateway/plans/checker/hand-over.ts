import { checkSource, type PlanCheck } from '../../../dialplans/check.ts';
import { compileUnits, type PlanSource } from '../../../dialplans/compile.ts';
import type { ParsedFile } from '../../../dialplans/parse.ts';
import type { PlanFile, RuleSource } from '../../../dialplans/schema/plan.ts';
import { runToEnd } from '../../../dialplans/steps.ts';
import type { Unit } from '../../../dialplans/units.ts';
import { answerSteps, type Answer, type Order } from './orders.ts';

/**
 * What the checking thread says: an answer; or, of a plan, the plans without their rules, the rules file by file, and
 * what came of the check. Regular expressions and the index can't leave a thread, so that they are made anew.
 */
export type Piece =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'source'; readonly source: PlanSource }
  | { readonly kind: 'rules'; readonly file: number; readonly rules: readonly RuleSource[] }
  | { readonly kind: 'outcome'; readonly check: Omit<PlanCheck, 'plan'> };

/** Rules of one piece: unpacking them takes a millisecond or two. */
const rulesPerPiece = 250;

/** In pieces small enough that taking one holds nobody up. */
export function* piecesOf(order: Order): Generator<Piece> {
  if (order.kind !== 'plan') {
    yield { kind: 'answer', answer: runToEnd(answerSteps(order)) };
    return;
  }
  const { check, source } = checkSource(order.texts, order.context);
  const { plan, problems, tests } = check;
  if (plan !== null) {
    const files = filesOf(source);
    yield { kind: 'source', source: withoutRules(source, files) };
    for (const [place, { data }] of files.entries()) {
      for (let from = 0; from < data.rules.length; from += rulesPerPiece) {
        yield { kind: 'rules', file: place, rules: data.rules.slice(from, from + rulesPerPiece) };
      }
    }
  }
  yield { kind: 'outcome', check: { problems, tests } };
}

/** The plan from its pieces; in steps. */
export function* planFrom(pieces: Iterable<Piece>): Generator<void, PlanCheck> {
  let source: PlanSource | null = null;
  let files: readonly ParsedFile[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'source') {
      source = piece.source;
      files = filesOf(source);
    } else if (piece.kind === 'rules') files[piece.file].data.rules.push(...piece.rules);
    else if (piece.kind === 'outcome') {
      return { plan: source && (yield* compileUnits(source, [])).plan, ...piece.check };
    }
    yield;
  }
  throw new Error('The outcome of the check is missing.');
}

/** All files once, in order; a fragment may belong to several plans. */
function filesOf({ units }: PlanSource): readonly ParsedFile[] {
  return [...new Set(units.flatMap(({ files }) => files))];
}

/** And without the places of texts that are sound. */
function withoutRules({ version, units }: PlanSource, files: readonly ParsedFile[]): PlanSource {
  const bare = new Map(
    files.map((file): [ParsedFile, ParsedFile] => [
      file,
      { name: file.name, data: { ...file.data, rules: [] }, source: null },
    ]),
  );
  return {
    version,
    units: units.map((unit): Unit => {
      const files = unit.files.map((file) => bare.get(file) ?? file);
      return { plan: files.at(-1) as ParsedFile<PlanFile>, files };
    }),
  };
}
