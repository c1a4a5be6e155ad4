import {
  autocompletion,
  snippet,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { isBrandAt, isPromptAt, namesAt, namesIn } from './names.ts';
import { placeAt, type Place } from './place.ts';
import { keysAt, type KeyFacts, valuesAt } from './schema.ts';
import { type PromptCatalog, promptsIn, type Vocabulary } from './vocabulary.ts';
import { YamlScan } from './yaml-scan.ts';

/** Keys by place, their values, names that the text defines, and prompts. */
export function planCompletion(words: Vocabulary): Extension {
  return autocompletion({
    override: [(context) => completions(context, words)],
    icons: false,
  });
}

function completions(context: CompletionContext, words: Vocabulary): CompletionResult | null {
  const text = context.state.doc.toString();
  const variable = context.matchBefore(/\$\{[\w:]*/);
  if (variable) return variables(text, variable.from);
  const place = placeAt(text, context.pos);
  if (place.word === '' && !context.explicit && !opensValue(text, context.pos)) return null;
  const options = optionsAt(place, text, words);
  return options.length === 0 ? null : { from: place.from, options, validFor: /^[^\s,[\]{}:'"#]*$/ };
}

/** Right behind "key: " a list is a help; on an empty line it would be in the way. */
const opensValue = (text: string, position: number): boolean =>
  /[^\s#]: $/.test(text.slice(Math.max(0, position - 3), position));

/** What may be typed at a place, the likeliest first. */
export function optionsAt(place: Place, text: string, { schema, prompts }: Vocabulary): Completion[] {
  const keys = [...keysAt(schema, place.path)].filter(([key]) => !place.present.has(key));
  const words = [
    ...namesOptions(place, text, prompts),
    ...valuesAt(schema, place.path).map((label) => ({ label, boost: 1 })),
  ];
  if (place.role === 'value') return [...words, ...keys.map(([key, facts]) => inBraces(key, facts))];
  return [...keys.map(([key, facts]) => asKey(key, facts)), ...words];
}

function namesOptions({ path, word }: Place, text: string, prompts: PromptCatalog): Completion[] {
  const own = namesAt(path, namesIn(new YamlScan(text).scalars));
  const spoken = isPromptAt(path) ? promptsIn(prompts) : new Map<string, string>();
  const folders = isBrandAt(path) ? Object.keys(prompts.tenants) : [];
  return [
    ...[...spoken].map(([label, detail]) => asName(label, detail)),
    ...folders.map((label) => asName(label, 'a tenant’s own prompts')),
    // What is being typed is in the text, too.
    ...own
      .filter((label) => label !== word && !spoken.has(label))
      .map((label) => asName(label, 'in this plan')),
  ];
}

const asName = (label: string, detail: string): Completion => ({
  label,
  detail,
  boost: 2,
  apply: /^[\w.-]+$/.test(label) && !/^\d/.test(label) ? label : `'${label}'`,
});

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
