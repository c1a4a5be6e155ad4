import { z } from 'zod';
import { configSchema } from './schema.ts';

/** One key of the configuration: where it stands, what it takes, what it is when nobody says. */
export interface ConfigKey {
  /** `['calls', 'pinTries']` */
  readonly path: readonly string[];
  /** `GATEWAY_CALLS_PIN_TRIES` */
  readonly env: string;
  readonly type: 'string' | 'number' | 'boolean' | 'list';
  readonly defaultValue: unknown;
  readonly description: string;
  readonly choices: readonly string[];
}

/** Names that LiveKit's, drachtio's, FreeSWITCH's and our own other programs use; they count like the `GATEWAY_` name of the key. */
export const aliases: Readonly<Record<string, string>> = {
  PUBLIC_IP: 'publicIp',
  LIVEKIT_URL: 'livekit.url',
  LIVEKIT_API_KEY: 'livekit.apiKey',
  LIVEKIT_API_SECRET: 'livekit.apiSecret',
  DRACHTIO_HOST: 'drachtio.host',
  DRACHTIO_PORT: 'drachtio.port',
  DRACHTIO_SECRET: 'drachtio.secret',
  MEDIA_HOST_URL: 'mediaHost.url',
  MEDIA_HOST_SECRET: 'mediaHost.secret',
  MIXING: 'mixing.engine',
  FREESWITCH_HOST: 'freeswitch.host',
  FREESWITCH_PORT: 'freeswitch.port',
  FREESWITCH_SECRET: 'freeswitch.secret',
  DATABASE_URL: 'database.url',
};

function envName(path: readonly string[]): string {
  return ['GATEWAY', ...path.map((part) => part.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase())].join('_');
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrap(schema.def.innerType);
  return schema;
}

function typeOf(schema: z.core.$ZodType): ConfigKey['type'] {
  if (schema instanceof z.ZodArray) return 'list';
  return schema instanceof z.ZodNumber ? 'number' : schema instanceof z.ZodBoolean ? 'boolean' : 'string';
}

function leaf(path: readonly string[], schema: z.ZodType): ConfigKey {
  const inner = unwrap(schema);
  const item = inner instanceof z.ZodArray ? inner.element : inner;
  return {
    path,
    env: envName(path),
    type: typeOf(inner),
    defaultValue: schema.parse(undefined),
    description: schema.description ?? '',
    choices: item instanceof z.ZodEnum ? item.options.map(String) : [],
  };
}

function collect(path: readonly string[], shape: Readonly<Record<string, z.ZodType>>): ConfigKey[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const inner = unwrap(schema);
    return inner instanceof z.ZodObject
      ? collect([...path, name], inner.shape)
      : [leaf([...path, name], schema)];
  });
}

/** All keys, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = collect([], configSchema.shape);

function yamlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return typeof value === 'string' && !/^[a-z]+$/.test(value) ? `'${value}'` : String(value);
}

/** The file that documents every key with its default; `gateway.yaml` in the repo is exactly this text. */
export function documentedYaml(): string {
  const lines = [
    '# The gateway’s configuration: every key with its default. Change what you need, delete what you like.',
    '# Each key can also be set by the environment variable named beside it, or as an option: --sip.port 5070',
  ];
  let open: readonly string[] = [];
  for (const key of configKeys) {
    const folders = key.path.slice(0, -1);
    const last = key.path[key.path.length - 1];
    if (folders.length === 0 || folders[0] !== open[0]) lines.push('');
    folders.forEach((folder, depth) => {
      if (folders.slice(0, depth + 1).join('.') === open.slice(0, depth + 1).join('.')) return;
      lines.push(`${'  '.repeat(depth)}${folder}:`);
    });
    open = folders;
    const indent = '  '.repeat(folders.length);
    const choices = key.choices.length > 0 ? ` (${key.choices.join(' | ')})` : '';
    lines.push(
      `${indent}# ${key.description}${choices} — ${key.env}`,
      `${indent}${last}: ${yamlValue(key.defaultValue)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
