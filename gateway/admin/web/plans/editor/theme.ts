import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/** Our own colours, light and dark, by the page's custom properties. */
export const theme: Extension = EditorView.theme({
  '&': { height: '100%', fontSize: '0.875rem', color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  // The frame around it shows the focus.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--ink)', paddingBlock: '0.75rem' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface)',
    color: 'var(--soft)',
    border: 'none',
    paddingLeft: '0.25rem',
  },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--raised) 50%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 24%, transparent) !important',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 22%, transparent)',
  },
  '.yaml-key': { color: 'var(--code-key)' },
  '.yaml-text': { color: 'var(--code-text)' },
  '.yaml-plain': { color: 'var(--ink)' },
  '.yaml-comment': { color: 'var(--soft)', fontStyle: 'italic' },
  '.test-mark': { marginLeft: '1.25rem', fontFamily: 'system-ui, sans-serif', fontSize: '0.8125rem' },
  '.test-mark.passed': { color: 'var(--good-ink)' },
  '.test-mark.failed': { color: 'var(--bad)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '10px',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '0.25rem 0.75rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { marginLeft: '0.75rem', fontStyle: 'normal', opacity: '0.8', fontSize: '0.8em' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-tooltip.cm-completionInfo': {
    padding: '0.5rem 0.75rem',
    fontFamily: 'system-ui, sans-serif',
    maxWidth: '20rem',
  },
  '.plan-hover': { padding: '0.5rem 0.75rem', maxWidth: '22rem', fontSize: '0.875rem' },
  '.plan-hover p': { margin: '0.15rem 0 0' },
  '.plan-hover strong': { fontFamily: 'var(--mono)' },
  '.cm-diagnostic': { padding: '0.4rem 0.75rem', borderLeftColor: 'var(--bad)', maxWidth: '30rem' },
  '.cm-diagnostic p': { margin: '0' },
  '.cm-diagnostic .remedy': { color: 'var(--soft)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--ink)' },
  '.cm-panels.cm-panels-top, .cm-panels.cm-panels-bottom': { borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { padding: '0.5rem 0.75rem' },
  '.cm-textfield': {
    backgroundColor: 'var(--surface)',
    borderColor: 'var(--soft)',
    borderRadius: '6px',
    padding: '0.3rem 0.5rem',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    borderColor: 'var(--line)',
    borderRadius: '6px',
    padding: '0.3rem 0.6rem',
  },
  '.cm-changedLine, .cm-insertedLine': {
    backgroundColor: 'color-mix(in srgb, var(--good) 14%, transparent) !important',
  },
  '.cm-changedText': { background: 'color-mix(in srgb, var(--good) 30%, transparent) !important' },
  '.cm-deletedChunk': {
    backgroundColor: 'color-mix(in srgb, var(--bad) 14%, transparent) !important',
    paddingLeft: '6px',
  },
  '.cm-deletedChunk .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad) 28%, transparent) !important',
  },
  '.cm-changeGutter': { width: '4px', paddingLeft: '1px' },
  '.cm-changedLineGutter': { background: 'var(--good)' },
  '.cm-deletedLineGutter': { background: 'var(--bad)' },
  '.cm-collapsedLines': { background: 'var(--raised)', color: 'var(--soft)', padding: '0.25rem 0.75rem' },
  '.cm-chunkButtons button': { fontFamily: 'system-ui, sans-serif' },
});
