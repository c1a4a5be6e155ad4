import { z } from 'zod';
import { languages } from '../types.ts';
import { action } from './action.ts';
import { match } from './match.ts';
import { planTest } from './test.ts';
import { countryCode, transform } from './transform.ts';
import { trunk } from './trunk.ts';
import {
  choice,
  isSound,
  listOf,
  listOfMappings,
  mapping,
  plainName,
  text,
  timeZone,
  variableName,
  wholeNumber,
  withRemedy,
  words,
  yesNo,
} from './values.ts';

const language = words(...languages);

const rule = mapping({
  name: text(100).describe('records and explanations name it'),
  priority: wholeNumber(0, 999_999).default(100).describe('lower first; rules alike go as they stand'),
  match: match.describe('all of it must hold; {}: every call'),
  transform: transform
    .optional()
    .describe('rewrites the numbers; without an action the next rules are tried with them'),
  action: action.optional(),
  tenant: plainName.optional().describe('whose call it is; left out: the called number’s, else the file’s'),
  language: language.optional().describe('of the prompts'),
})
  .refine(({ action: what, transform: how }) => what !== undefined || how !== undefined, {
    error:
      'must have an action, a transform, or both\nAdd what shall become of its calls, such as "action: ask-pin".',
    when: isSound,
  })
  .meta({ id: 'Rule' });

const number = mapping({
  number: text(64).describe('as callers dial it: +4930901820, or a name'),
  tenant: plainName.optional().describe('whose number it is; left out: the file’s'),
  country: countryCode.optional().describe('where it is a local call'),
  label: text(100).optional().describe('said beside it in invitations'),
  language: language.optional(),
  invite: yesNo.default(false).describe('invitations name it'),
}).meta({ id: 'Number' });

const tenant = mapping({
  name: plainName,
  title: text(100).optional(),
  language: language.optional().describe('of its prompts, where no rule says another'),
  country: countryCode.optional(),
  timeZone: timeZone.optional(),
  pins: mapping({
    host: wholeNumber(4, 16).optional().describe('digits'),
    guest: wholeNumber(4, 16).optional().describe('digits'),
  }).optional(),
  prompts: plainName.optional().describe('folder of its own prompts, below tenants/ of the prompt folder'),
}).meta({ id: 'Tenant' });

const date = String.raw`(?:(?:19|20)\d\d-)?(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const holidays = listOf(
  z.string('must be text').regex(
    new RegExp(`^${date}(?:\\.\\.${date})?$`),
    withRemedy(
      'must be a date 2026-12-24, one of every year 12-24, or a range of either 2026-12-24..2026-12-26',
      (given) => {
        const european = /^(\d{1,2})\.(\d{1,2})\.(\d{4})?$/.exec(given);
        if (european === null) return null;
        const [, day, month, year = ''] = european;
        const inYear = `${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
        return `Write ${year === '' ? inYear : `${year}-${inYear}`}.`;
      },
    ),
  ),
  'must be a list of dates',
);

/** Where a secret is: nothing but this is ever kept or shown. */
const secret = choice(
  {
    env: variableName.optional().describe('environment variable'),
    file: text(512).optional().describe('file whose text it is'),
  },
  'must be {env: NAME} or {file: PATH}',
);

const namesToTexts = 'must be a mapping of names to texts';

/** A file below the folder of the plans, nowhere else. */
export const includePath = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^/\\][^\\]*\.ya?ml$/;

/** What a plan and the fragments it includes may both hold. */
const parts = {
  include: listOf(
    text(256).regex(
      includePath,
      'must be a .yaml file below the folder of the plan, such as parts/holidays.yaml\nPut it into a folder beside the plan, and name both with /.',
    ),
    'must be a list of files',
    100,
  ).optional(),
  variables: z.record(variableName, text(256), namesToTexts).default({}).describe('texts to use as ${name}'),
  holidays: z
    .record(plainName, holidays, 'must be a mapping of names to lists of dates')
    .default({})
    .describe('days that "time" can leave out or ask for'),
  trunks: listOfMappings(trunk, 'must be a list of trunks').default([]).describe('known peers'),
  numbers: listOfMappings(number, 'must be a list of numbers').default([]).describe('our own numbers'),
  rules: listOfMappings(rule, 'must be a list of rules')
    .default([])
    .describe('the first whose match holds decides'),
  tests: listOfMappings(planTest, 'must be a list of tests')
    .max(1000, 'must have at most 1000 tests')
    .default([])
    .describe('calls and what must come of them; a plan whose tests fail does not count'),
};

const version = z
  .literal('1', 'must be 1, the version of this format\nBegin the file with "version: 1".')
  .meta({ enum: [1, '1'], const: undefined, type: undefined });

const planExpected = 'must be a mapping (key: value) that begins with "version: 1"';

export const planFile = mapping(
  {
    version,
    tenant: plainName.default('default').describe('whose rules, numbers and meetings these are'),
    language: language.optional().describe('of the prompts'),
    secrets: z
      .record(variableName, secret, 'must be a mapping of names to {env: …} or {file: …}')
      .default({})
      .describe('texts outside the plan, for ${secret:name} in headers of a policy and passwords of trunks'),
    tenants: listOfMappings(tenant, 'must be a list of tenants').default([]),
    ...parts,
  },
  planExpected,
);

/** A file that plans include. */
export const fragmentFile = mapping({ version: version.optional(), ...parts });

export type PlanFile = z.infer<typeof planFile>;
export type FragmentFile = z.infer<typeof fragmentFile>;
export type RuleSource = PlanFile['rules'][number];
