import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { yamlColours } from './colours.ts';
import { planCompletion } from './complete.ts';
import { planHover } from './hover.ts';
import { testMarks } from './test-marks.ts';
import { theme } from './theme.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What each view of a plan's text has. */
export function reading(label: string): Extension {
  return [
    yaml(),
    yamlColours,
    lineNumbers(),
    theme,
    EditorView.lineWrapping,
    // Where it scrolls, the keyboard has to get there: it does anyway, and so it is said.
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  ];
}

/** What can be changed has more. Tab leaves the editor, as nobody may be trapped in it; Mod-] and Mod-[ indent. */
export function writing(words: Vocabulary, onSave: () => void): Extension {
  return [
    history(),
    drawSelection(),
    indentUnit.of('  '),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    lintGutter(),
    testMarks,
    planCompletion(words),
    planHover(words.schema),
    keymap.of([
      { key: 'Mod-s', preventDefault: true, run: () => (onSave(), true) },
      { key: 'Mod-]', run: indentMore },
      { key: 'Mod-[', run: indentLess },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...lintKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
  ];
}

/** Still with a cursor: by keyboard, too, one can go through it, search and copy. */
export const readOnly: Extension = [
  EditorState.readOnly.of(true),
  EditorView.contentAttributes.of({ 'aria-readonly': 'true' }),
  keymap.of([...searchKeymap, ...defaultKeymap]),
];
