import { type EditorState, type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { YamlScan } from './yaml-scan.ts';

export interface TestOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly { readonly message: string }[];
}

const outcomesCame = StateEffect.define<readonly TestOutcome[]>();

/** Shows beside each test of the text what came of it. */
export const showOutcomes = (view: EditorView, outcomes: readonly TestOutcome[]): void =>
  view.dispatch({ effects: outcomesCame.of(outcomes) });

export const testMarks: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    const came = transaction.effects.find((effect) => effect.is(outcomesCame));
    return came === undefined ? marks.map(transaction.changes) : marksFor(transaction.state, came.value);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksFor(state: EditorState, outcomes: readonly TestOutcome[]): DecorationSet {
  const tests = new YamlScan(state.doc.toString()).scalars.filter(
    ({ path, role }) => role === 'value' && path.length === 3 && path[0] === 'tests' && path[2] === 'name',
  );
  return Decoration.set(
    tests.flatMap((test) => {
      const outcome = outcomes.find(({ name }) => name === test.text);
      if (outcome === undefined) return [];
      const widget = new OutcomeWidget(outcome);
      return [Decoration.widget({ widget, side: 1 }).range(state.doc.lineAt(test.from).to)];
    }),
    true,
  );
}

class OutcomeWidget extends WidgetType {
  readonly outcome: TestOutcome;

  constructor(outcome: TestOutcome) {
    super();
    this.outcome = outcome;
  }

  override eq(other: OutcomeWidget): boolean {
    return wordsFor(other.outcome) === wordsFor(this.outcome);
  }

  override toDOM(): HTMLElement {
    const dom = document.createElement('span');
    dom.className = this.outcome.passed ? 'test-mark passed' : 'test-mark failed';
    dom.textContent = wordsFor(this.outcome);
    return dom;
  }
}

const wordsFor = ({ passed, failures }: TestOutcome): string =>
  passed ? '✓ passes' : `✗ ${failures.at(0)?.message ?? 'fails'}`;
