import { unifiedMergeView } from '@codemirror/merge';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { openEditor } from './editor/host.ts';
import { reading, readOnly } from './editor/set-up.ts';

interface Props {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** Each change can be kept or undone, and the text can be edited; left out: it is only looked at. */
  readonly onMerge?: (text: string) => void;
}

/** Two texts in one: what is gone stands in red above what came. */
export function DiffView({ label, before, after, onMerge }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const merge = useRef(onMerge);
  const merging = onMerge !== undefined;
  useEffect(() => {
    merge.current = onMerge;
  });
  useEffect(() => {
    if (host.current === null) return;
    const view = openEditor(host.current, after, [
      reading(label),
      merging ? [] : readOnly,
      unifiedMergeView({
        original: before,
        gutter: true,
        highlightChanges: true,
        mergeControls: merging ? controls : false,
        collapseUnchanged: { margin: 3, minSize: 6 },
      }),
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) merge.current?.(state.doc.toString());
      }),
    ]);
    return () => view.destroy();
  }, [label, before, after, merging]);
  return <div className="editor" ref={host} />;
}

function controls(kind: 'accept' | 'reject', act: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = kind === 'accept' ? 'Keep mine' : 'Take theirs';
  // With the keyboard it is a click.
  button.onclick = act;
  return button;
}
