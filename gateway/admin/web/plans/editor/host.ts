import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/**
 * An editor in a shadow root: there its styles are constructed sheets, which need no exception from the content policy
 * (in the document they would be style elements).
 */
export function openEditor(host: HTMLElement, text: string, extensions: Extension): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const view = new EditorView({ doc: text, extensions, root });
  root.append(view.dom);
  return view;
}
