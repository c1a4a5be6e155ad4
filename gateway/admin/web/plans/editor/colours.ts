import { syntaxTree } from '@codemirror/language';
import { type Extension, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';

const marks: Readonly<Partial<Record<string, Decoration>>> = {
  Key: Decoration.mark({ class: 'yaml-key' }),
  QuotedLiteral: Decoration.mark({ class: 'yaml-text' }),
  Literal: Decoration.mark({ class: 'yaml-plain' }),
  BlockLiteralContent: Decoration.mark({ class: 'yaml-text' }),
  Comment: Decoration.mark({ class: 'yaml-comment' }),
};

/** Colours for what is seen; a plan has keys, texts and comments. */
export const yamlColours: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = coloured(view);
    }

    update(update: ViewUpdate): void {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state);
      if (update.docChanged || update.viewportChanged || parsed) this.decorations = coloured(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function coloured(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter: (node) => {
        const mark = marks[node.name];
        if (mark === undefined) return true;
        builder.add(node.from, node.to, mark);
        return false;
      },
    });
  }
  return builder.finish();
}
