import { z } from 'zod';
import { PlanError, type PlanProblem } from './errors.ts';
import { layouts, ownPictures } from './types.ts';
import { readYaml, shorten, type Located } from './yaml.ts';

/** Every scalar arrives as its text (see `readYaml`), so numbers and switches are parsed from text here. */
const oneLine = (max: number) =>
  z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');

/** Names of trunks, tenants and the like: short and plain, since they go into paths, logs and databases. */
const plainName = z
  .string('must be text')
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1–64 letters, digits, dots, dashes or underscores');

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and underscores, no digit first');

function words<const T extends readonly [string, ...string[]]>(...options: T) {
  return z.enum(options, `must be one of: ${options.join(', ')}`);
}

/** A mapping that names its keys when it meets an unknown one; `expected` says what else it may be. */
function mapping<T extends z.ZodRawShape>(shape: T, expected = 'must be a mapping (key: value)') {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `Known keys here: ${Object.keys(shape).join(', ') || 'none'}.`
        : expected,
  });
}

const language = words('en', 'de');

/** `sip:…` is short for `{ uri: sip:… }`. */
const ping = z.preprocess(
  (value) => (typeof value === 'string' ? { uri: value } : value),
  mapping(
    {
      uri: oneLine(256).regex(
        /^sips?:[^\s<>",?]+$/i,
        'must be a SIP URI, such as sip:carrier.example or sip:192.0.2.10:5061;transport=tls',
      ),
      everySeconds: z
        .string('must be a whole number')
        .regex(/^\d{1,4}$/, 'must be a whole number from 5 to 3600')
        .transform(Number)
        .refine((value) => value >= 5 && value <= 3600, 'must be a whole number from 5 to 3600')
        .default(60),
    },
    'must be a SIP URI or {uri: …, everySeconds: …}',
  ),
);

const trunk = mapping({
  name: plainName.refine((name) => name !== 'none', 'must not be "none", which means: no trunk'),
  sources: z
    .array(oneLine(64), 'must be a list of IP addresses or CIDR blocks')
    .min(1, 'must list at least one IP address or CIDR block'),
  srtp: words('off', 'prefer', 'require').default('prefer'),
  video: words('on', 'off')
    .default('on')
    .transform((text) => text === 'on'),
  tls: words('true', 'false')
    .default('false')
    .transform((text) => text === 'true'),
  certificate: z
    .array(oneLine(255), 'must be a list of domains')
    .min(1, 'must list at least one domain')
    .optional(),
  ping: ping.optional(),
});

/** `x` is short for `{ exact: x }`. */
const textMatch = z.preprocess(
  (value) => (typeof value === 'string' ? { exact: value } : value),
  mapping(
    {
      exact: oneLine(256).optional(),
      prefix: oneLine(256).optional(),
      regex: oneLine(512).optional(),
    },
    'must be a text, {prefix: …} or {regex: …}',
  ).refine((match) => Object.keys(match).length === 1, 'must have one of: exact, prefix, regex'),
);

const match = mapping({
  called: textMatch.optional(),
  calledUri: textMatch.optional(),
  calling: textMatch.optional(),
  callingUri: textMatch.optional(),
  trunk: plainName.optional(),
  protocol: words('sip', 'h323').optional(),
  transport: words('udp', 'tcp', 'tls', 'ws', 'wss').optional(),
});

/** How callers with video see the room. */
const view = { layout: words(...layouts).optional(), ownPicture: words(...ownPictures).optional() };

/** `ask-pin` is short for `{ ask-pin: {} }`, `echo` for `{ echo: {} }`. */
const action = z.preprocess(
  (value) => (value === 'ask-pin' || value === 'echo' ? { [value]: {} } : value),
  mapping(
    {
      'ask-pin': mapping(view).optional(),
      join: mapping({ room: oneLine(256), ...view }).optional(),
      reject: mapping({ text: oneLine(128).optional() }).optional(),
      echo: mapping({}).optional(),
    },
    'must be ask-pin, echo, {join: {room: …}} or {reject: {text: …}}',
  ).refine((a) => Object.keys(a).length === 1, 'must have one of: ask-pin, join, reject, echo'),
);

const rule = mapping({
  name: oneLine(100),
  priority: z
    .string('must be a whole number')
    .regex(/^\d{1,6}$/, 'must be a whole number from 0 to 999999')
    .transform(Number)
    .default(100),
  match,
  action,
  language: language.optional(),
});

const planFile = mapping({
  version: z.literal('1', 'must be 1, the version of this format'),
  tenant: plainName.default('default'),
  language: language.optional(),
  trunks: z.array(trunk, 'must be a list of trunks').default([]),
  variables: z.record(variableName, oneLine(256), 'must be a mapping of names to texts').default({}),
  rules: z.array(rule, 'must be a list of rules').default([]),
});

/** One file of a plan, checked on its own. */
export type PlanFile = z.infer<typeof planFile>;
export type RuleSource = PlanFile['rules'][number];
export type ViewSource = NonNullable<RuleSource['action']['ask-pin']>;

export interface ParsedPlanFile {
  readonly name: string;
  readonly plan: PlanFile;
  readonly source: Located;
}

const maxProblemsPerFile = 20;

/** Parses and checks one file's text. Throws `PlanError` and nothing else. */
export function parsePlanFile(name: string, text: string): ParsedPlanFile {
  const source = readYaml(name, text);
  const parsed = planFile.safeParse(source.value);
  if (parsed.success) return { name, plan: parsed.data, source };
  throw new PlanError(
    parsed.error.issues.slice(0, maxProblemsPerFile).flatMap((issue) => problemsOf(issue, source)),
  );
}

function problemsOf(issue: z.core.$ZodIssue, source: Located): PlanProblem[] {
  const where = issue.path.length === 0 ? 'the file' : `"${shorten(pathInWords(issue.path))}"`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, maxProblemsPerFile)
      .map((key) =>
        source.problemAtKey(
          [...issue.path, key],
          'PLAN_UNKNOWN_KEY',
          `${where} has no key "${shorten(key)}"`,
          issue.message,
        ),
      );
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not a usable name';
    return [source.problemAtKey(issue.path, 'PLAN_SCHEMA', `the name ${where} ${why}`, 'Rename it.')];
  }
  const missing = issue.code === 'invalid_type' && !isThere(source.value, issue.path);
  const message = missing ? `${where} is missing; it ${issue.message}` : `${where} ${issue.message}`;
  const remedy = missing ? 'Add it.' : 'Change the value.';
  return [source.problemAt(issue.path, 'PLAN_SCHEMA', message, remedy)];
}

/** `rules[2].match.called` */
function pathInWords(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step + 1}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function isThere(value: unknown, path: readonly PropertyKey[]): boolean {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return true;
}
