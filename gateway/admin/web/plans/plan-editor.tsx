import { setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorView } from '@codemirror/view';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import type { PlanProblem } from '../ask.ts';
import type { TestResult } from './api.ts';
import { openEditor } from './editor/host.ts';
import { reading, readOnly, writing } from './editor/set-up.ts';
import { showOutcomes } from './editor/test-marks.ts';
import type { Vocabulary } from './editor/vocabulary.ts';

export interface EditorHandle {
  /** Both from 1. */
  readonly goTo: (line: number, column: number) => void;
}

interface Props {
  readonly label: string;
  /** Shown at first; another one needs another `key`. */
  readonly text: string;
  /** null: it is only looked at. */
  readonly words: Vocabulary | null;
  readonly problems: readonly PlanProblem[];
  readonly tests: readonly TestResult[];
  readonly onType: (text: string) => void;
  readonly onSave: () => void;
  readonly handle: RefObject<EditorHandle | null>;
}

/** CodeMirror behind React: it owns the text, React gives it marks. */
export function PlanEditor({ label, text, words, problems, tests, onType, onSave, handle }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const first = useRef(text);
  const callbacks = useRef({ onType, onSave });
  useEffect(() => {
    callbacks.current = { onType, onSave };
  });

  useEffect(() => {
    if (host.current === null) return;
    const opened = openEditor(host.current, first.current, [
      reading(label),
      words === null ? readOnly : writing(words, () => callbacks.current.onSave()),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) {
          first.current = state.doc.toString();
          callbacks.current.onType(first.current);
        }
      }),
    ]);
    view.current = opened;
    return () => {
      opened.destroy();
      view.current = null;
    };
  }, [label, words]);

  useEffect(() => {
    const { current } = view;
    if (current === null || words === null) return;
    current.dispatch(
      setDiagnostics(
        current.state,
        problems.map((one) => toDiagnostic(current, one)),
      ),
    );
    showOutcomes(current, tests);
  }, [problems, tests, words]);

  useImperativeHandle(handle, () => ({
    goTo: (line, column) => {
      const { current } = view;
      if (current === null) return;
      const anchor = positionOf(current, line, column);
      current.dispatch({
        selection: { anchor },
        effects: EditorView.scrollIntoView(anchor, { y: 'center' }),
      });
      current.focus();
    },
  }));
  return <div className="editor" ref={host} />;
}

/** A place may be gone already: somebody goes on typing. */
function positionOf({ state }: EditorView, line: number, column: number): number {
  const there = state.doc.line(Math.max(1, Math.min(line, state.doc.lines)));
  return Math.min(there.from + Math.max(0, column - 1), there.to);
}

function toDiagnostic(view: EditorView, { line, column, message, remedy, code }: PlanProblem): Diagnostic {
  const from = positionOf(view, line, column);
  const word = /^[^\s,[\]{}:#]+/.exec(view.state.doc.sliceString(from, from + 100))?.[0] ?? '';
  return {
    from,
    to: from + word.length,
    severity: 'error',
    source: code,
    message: `${message} ${remedy}`,
    renderMessage: () => {
      const dom = document.createElement('div');
      const [what, how] = [document.createElement('p'), document.createElement('p')];
      what.textContent = message;
      how.textContent = remedy;
      how.className = 'remedy';
      dom.append(what, how);
      return dom;
    },
  };
}
