import fc from 'fast-check';

/** JSON Schema as far as our OpenAPI document has it. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

const formats: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'date-time': fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  uri: fc.webUrl(),
  uuid: fc.uuid(),
};

/** Values that a schema describes; refinements that it can't say may still refuse some. */
export function valueOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(valueOf));
  if (schema.allOf?.[0]) return valueOf(schema.allOf[0]);
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer(boundsOf(schema));
    case 'number':
      return fc.double({ ...boundsOf(schema), noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'object':
      return objectOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textOf({ format, pattern, minLength = 0, maxLength = 64 }: JsonSchema): fc.Arbitrary<string> {
  const known = format === undefined ? undefined : formats[format];
  if (known !== undefined) return known;
  const lengths = { minLength, maxLength: Math.min(maxLength, minLength + 40) };
  const any = fc.string({ unit: 'binary', ...lengths });
  return pattern === undefined
    ? any
    : fc.oneof(fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: 64 }), any);
}

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema) {
  const min = minimum ?? exclusiveMinimum ?? -1000;
  return { min, max: Math.min(maximum ?? exclusiveMaximum ?? min + 2000, 2 ** 31 - 1) };
}

function objectOf({
  properties = {},
  required = [],
  additionalProperties,
}: JsonSchema): fc.Arbitrary<unknown> {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties !== 'object') return known;
  const names = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 });
  return fc
    .tuple(known, fc.dictionary(names, valueOf(additionalProperties), { maxKeys: 3 }))
    .map(([a, b]) => ({ ...b, ...a }));
}

/** A value that is near one: a part of it is of another kind, missing or too much. */
export function nearly(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.tuple(valueOf(schema), fc.nat(), fc.jsonValue({ maxDepth: 2 })).map(([value, seed, odd]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return odd;
    const copy: Record<string, unknown> = { ...value };
    const keys = [...Object.keys(copy), 'unknown', '__proto__'];
    const key = keys[seed % keys.length] ?? 'unknown';
    if (seed % 3 === 0) return Object.fromEntries(Object.entries(copy).filter(([name]) => name !== key));
    return { ...copy, [key]: odd };
  });
}
