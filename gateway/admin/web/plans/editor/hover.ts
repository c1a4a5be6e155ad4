import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { scalarAt } from './place.ts';
import { descriptionAt, type Schema, wantedAt } from './schema.ts';

/** What a key is for, while the pointer rests on it. */
export function planHover(schema: Schema): Extension {
  return hoverTooltip((view, position) => {
    const found = scalarAt(view.state.doc.toString(), position);
    if (found?.role !== 'key') return null;
    const description = descriptionAt(schema, found.path);
    const wanted = wantedAt(schema, found.path);
    if (description === null && wanted === '') return null;
    return {
      pos: found.from,
      end: found.to,
      create: () => ({ dom: tooltip(found.text, description, wanted) }),
    };
  });
}

function tooltip(key: string, description: string | null, wanted: string): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'plan-hover';
  const title = document.createElement('strong');
  title.textContent = key;
  dom.append(title);
  for (const line of [description, wanted === '' ? null : `Takes ${wanted}.`]) {
    if (line === null) continue;
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    dom.append(paragraph);
  }
  return dom;
}
