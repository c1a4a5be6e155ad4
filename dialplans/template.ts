/** Texts with `${name}` and `${secret:name}` in them. */
export interface Template {
  /** Literal texts and names in turn: literal, name, literal, … */
  readonly parts: readonly string[];
}

const reference = /\$\{((?:secret:)?[A-Za-z_][A-Za-z0-9_]*)\}/;
export const secretPrefix = 'secret:';

/** Null: there is a `${` that opens no proper reference. */
export function parseTemplate(source: string): Template | null {
  const parts = source.split(reference);
  const literals = parts.filter((_, index) => index % 2 === 0);
  return literals.some((literal) => literal.includes('${')) ? null : { parts };
}

export function namesIn(template: Template): readonly string[] {
  return template.parts.filter((_, index) => index % 2 === 1);
}

/** Fills in what is known and leaves the other references as they are. */
export function fillIn(
  source: string,
  variables: Readonly<Record<string, string>>,
  escape: (text: string) => string = (text) => text,
): string {
  if (!source.includes('${')) return source;
  return source
    .split(reference)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      return Object.hasOwn(variables, part) ? escape(variables[part] ?? '') : `\${${part}}`;
    })
    .join('');
}
