import type { Path } from './yaml-scan.ts';

/** As much of JSON Schema as the plan's format uses. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/** What may stand at a place: each way of writing it. Empty: nothing is known of it. */
export function schemasAt(root: Schema, path: Path): readonly Schema[] {
  let here = ways(root, root);
  for (const step of path) {
    here = here.flatMap((schema) => stepInto(schema, step)).flatMap((schema) => ways(schema, root));
  }
  return here;
}

/** What is said about a place; null: nothing. */
export function descriptionAt(root: Schema, path: Path): string | null {
  const last = path.at(-1);
  if (last === undefined) return null;
  const said = schemasAt(root, path.slice(0, -1))
    .flatMap((schema) => stepInto(schema, last))
    .flatMap((schema) => [schema, ...ways(schema, root)])
    .find(({ description }) => description !== undefined);
  return said?.description ?? null;
}

/** The keys of a mapping there, with what is said about each. */
export function keysAt(root: Schema, path: Path): ReadonlyMap<string, KeyFacts> {
  const keys = new Map<string, KeyFacts>();
  for (const schema of schemasAt(root, path)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const kinds = ways(property, root);
      keys.set(key, {
        description: property.description ?? kinds.find(({ description }) => description)?.description ?? '',
        required: schema.required?.includes(key) === true,
        kinds,
      });
    }
    for (const name of schema.propertyNames?.enum ?? []) {
      const under =
        typeof schema.additionalProperties === 'object' ? ways(schema.additionalProperties, root) : [];
      keys.set(String(name), { description: '', required: false, kinds: under });
    }
  }
  return keys;
}

export interface KeyFacts {
  readonly description: string;
  readonly required: boolean;
  readonly kinds: readonly Schema[];
}

/** Words that may stand there. */
export function valuesAt(root: Schema, path: Path): readonly string[] {
  return [
    ...new Set(
      schemasAt(root, path).flatMap((schema) => [
        ...(schema.enum ?? []).map(String),
        ...(typeOf(schema).includes('boolean') ? ['true', 'false'] : []),
      ]),
    ),
  ];
}

/** What kind of value is wanted, in words. */
export function wantedAt(root: Schema, path: Path): string {
  const kinds = schemasAt(root, path).flatMap((schema) => kindInWords(schema));
  return [...new Set(kinds)].join(', or ');
}

function kindInWords(schema: Schema): string[] {
  if (schema.enum) return [schema.enum.map(String).join(' · ')];
  const types = typeOf(schema);
  if (types.includes('object')) return ['a mapping'];
  if (types.includes('array')) return ['a list'];
  if (types.includes('boolean')) return ['true · false'];
  if (types.includes('string')) return ['text'];
  const { minimum, maximum } = schema;
  if (types.includes('integer') && minimum !== undefined && maximum !== undefined) {
    return [`${minimum}–${maximum}`];
  }
  return [];
}

const typeOf = ({ type }: Schema): readonly string[] => (typeof type === 'string' ? [type] : (type ?? []));

function stepInto(schema: Schema, step: string | number): readonly Schema[] {
  if (typeof step === 'number') return schema.items ? [schema.items] : [];
  const known = schema.properties?.[step];
  if (known) return [known];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}

/** Without references and alternatives. The format's actions hold themselves, but each only below a key. */
function ways(schema: Schema, root: Schema): readonly Schema[] {
  const referred = schema.$ref === undefined ? [] : ways(refer(schema.$ref, root), root);
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [...referred, ...alternatives.flatMap((one) => ways(one, root)), schema];
}

function refer(ref: string, root: Schema): Schema {
  return root.$defs?.[ref.replace('#/$defs/', '')] ?? {};
}
