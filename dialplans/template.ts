/** Texts with `${name}` in them. */
export interface Template {
  readonly source: string;
  /** Literal texts and names in turn: literal, name, literal, … */
  readonly parts: readonly string[];
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/;

/** Null: there is a `${` that opens no proper reference. */
export function parseTemplate(source: string): Template | null {
  const parts = source.split(reference);
  const literals = parts.filter((_, index) => index % 2 === 0);
  return literals.some((literal) => literal.includes('${')) ? null : { source, parts };
}

export function namesIn(template: Template): readonly string[] {
  return template.parts.filter((_, index) => index % 2 === 1);
}

/** Unknown names become nothing; compilation has refused them before. */
export function expand(template: Template, variables: Readonly<Record<string, string>>): string {
  let text = '';
  template.parts.forEach((part, index) => {
    text += index % 2 === 0 ? part : (variables[part] ?? '');
  });
  return text;
}
