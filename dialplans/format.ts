import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { readYaml } from './yaml.ts';

/**
 * A plan's text in the usual layout: indents of two, blanks within braces, lines that are not too long. Comments, order,
 * quotes and blank lines stay. Throws `PlanError` for what is no YAML.
 */
export function formatPlan(name: string, text: string): string {
  const before = readYaml(name, text).value;
  const document = parseDocument(text, { schema: 'failsafe', keepSourceTokens: true });
  const formatted = document.toString({
    indent: 2,
    lineWidth: 110,
    flowCollectionPadding: true,
  });
  // A layout that changed what is said would be worse than none.
  if (!isDeepStrictEqual(readYaml(name, formatted).value, before)) return text;
  return formatted;
}
