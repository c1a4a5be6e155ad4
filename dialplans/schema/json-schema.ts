import { z } from 'zod';
import { plainText } from '../texts.ts';
import { planFile } from './plan.ts';

type Json = z.core.JSONSchema.BaseSchema;

const textSchema: Json = { type: ['string', 'number'] };

/** What else may stand where the full form may: what `meta` calls `shorthand`. */
function withShorthand(full: Json, shorthand: unknown): Json {
  if (Array.isArray(shorthand)) return { anyOf: [{ enum: shorthand as string[] }, full] };
  switch (shorthand) {
    case 'text':
      return { anyOf: [textSchema, full] };
    case 'texts':
      return { anyOf: [textSchema, { type: 'array', items: textSchema }, full] };
    case 'item':
      return { anyOf: [full, full.items as Json] };
    case 'steps': {
      // All steps in one mapping.
      const { maxProperties: _one, ...items } = full.items as Json;
      return { anyOf: [full, items] };
    }
    default:
      return full;
  }
}

/**
 * The format of plans as JSON Schema 2020-12, for editors: made of the schema that plans are checked by, so that the two
 * can’t part. What a schema can’t say (names, loops, shadowed rules) is the check’s.
 */
export function planJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(planFile, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      withoutPlainText(jsonSchema);
      const { shorthand, id: _id, description, default: usual, ...full } = jsonSchema;
      if (shorthand === undefined) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      if (description !== undefined) jsonSchema.description = description;
      if (usual !== undefined) jsonSchema.default = usual;
      Object.assign(jsonSchema, withShorthand(full, shorthand));
    },
  });
  return { $schema, title: 'Dial plan of the interop gateway', ...schema };
}

/** The pattern of plain texts needs a flag that editors don’t set; typing makes no such characters. */
function withoutPlainText(schema: Json): void {
  const patterns = (schema.allOf ?? []) as readonly { pattern?: string }[];
  const kept = patterns.filter(({ pattern }) => pattern !== plainText.source);
  if (patterns.length !== 2 || kept.length !== 1 || kept[0].pattern === undefined) return;
  delete schema.allOf;
  schema.pattern = kept[0].pattern;
}
