import {
  autocompletion,
  snippet,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { namesAt, namesIn } from './names.ts';
import { placeAt, type Place } from './place.ts';
import { keysAt, type KeyFacts, type Schema, valuesAt } from './schema.ts';
import { YamlScan } from './yaml-scan.ts';

/** Keys by place, their values, and names that the text defines. */
export function planCompletion(schema: Schema): Extension {
  return autocompletion({
    override: [(context) => completions(context, schema)],
    icons: false,
  });
}

function completions(context: CompletionContext, schema: Schema): CompletionResult | null {
  const text = context.state.doc.toString();
  const variable = context.matchBefore(/\$\{[\w:]*/);
  if (variable) return variables(text, variable.from);
  const place = placeAt(text, context.pos);
  if (place.word === '' && !context.explicit && !opensValue(text, context.pos)) return null;
  const options = optionsAt(place, text, schema);
  return options.length === 0 ? null : { from: place.from, options, validFor: /^[^\s,[\]{}:'"#]*$/ };
}

/** Right behind "key: " a list is a help; on an empty line it would be in the way. */
const opensValue = (text: string, position: number): boolean =>
  /[^\s#]: $/.test(text.slice(Math.max(0, position - 3), position));

/** What may be typed at a place, the likeliest first. */
export function optionsAt(place: Place, text: string, schema: Schema): Completion[] {
  const keys = [...keysAt(schema, place.path)].filter(([key]) => !place.present.has(key));
  const words = [
    ...namesOptions(place, text),
    ...valuesAt(schema, place.path).map((label) => ({ label, boost: 1 })),
  ];
  if (place.role === 'value') return [...words, ...keys.map(([key, facts]) => inBraces(key, facts))];
  return [...keys.map(([key, facts]) => asKey(key, facts)), ...words];
}

function namesOptions(place: Place, text: string): Completion[] {
  const names = namesAt(place.path, namesIn(new YamlScan(text).scalars));
  return names.map((label) => ({
    label,
    detail: 'in this plan',
    boost: 2,
    apply: /^[\w.-]+$/.test(label) && !/^\d/.test(label) ? label : `'${label}'`,
  }));
}

function asKey(key: string, { description, required }: KeyFacts): Completion {
  return {
    label: key,
    ...(description === '' ? {} : { info: description }),
    ...(required ? { detail: 'required', boost: 3 } : {}),
    apply: (view, _completion, from, to) => {
      const colon = /^\s*:/.test(view.state.doc.sliceString(to, to + 8)) ? '' : ': ';
      const insert = `${quoted(key)}${colon}`;
      view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
    },
  };
}

/** A mapping with this key, where a value is wanted. */
function inBraces(key: string, { description, kinds }: KeyFacts): Completion {
  const mapping = kinds.some(({ properties }) => properties !== undefined);
  const inner = mapping ? '{ #{} }' : '#{}';
  return {
    label: key,
    detail: '{ … }',
    ...(description === '' ? {} : { info: description }),
    apply: snippet(`{ ${quoted(key)}: ${inner} }`),
  };
}

const quoted = (key: string): string => (/^[\w-]/.test(key) ? key : `'${key}'`);

function variables(text: string, from: number): CompletionResult {
  const names = namesIn(new YamlScan(text).scalars);
  const options = [
    ...names.variables.map((name) => ({ label: `\${${name}}`, detail: 'variable' })),
    ...names.secrets.map((name) => ({ label: `\${secret:${name}}`, detail: 'secret' })),
  ];
  return { from, options };
}
