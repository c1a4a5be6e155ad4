import { z } from 'zod';
import { maxFileBytes } from '../../dialplans/yaml.ts';
import { versionKinds, canaryStates } from '../plans/stored.ts';

export const planProblem = z.object({
  file: z.string().describe('the plan’s name'),
  line: z.number(),
  column: z.number(),
  code: z.string().describe('stable; for programs'),
  message: z.string(),
  remedy: z.string(),
});

export const anyPlan = z.strictObject({ name: z.string().min(1).max(255).describe('of a plan') });

export const planText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= maxFileBytes, `must have at most ${maxFileBytes} bytes`)
  .describe('YAML, as in docs/dial-plans.md');

const tally = z.object({ served: z.number(), failed: z.number(), failureRate: z.number().nullable() });

export const canaryView = z.object({
  plan: z.string(),
  version: z.number().describe('of the candidate'),
  state: z.enum(canaryStates),
  reason: z.string().nullable().describe('why it was taken back'),
  numbers: z.array(z.string()).describe('called numbers that it is for; none: all'),
  share: z.number().describe('of the calls to these numbers, in percent'),
  failureRate: z.number().describe('percent of its calls that may fail'),
  calls: z.number().describe('how many of its calls must be over before it is judged'),
  startedAt: z.string(),
  startedBy: z.string(),
  endedAt: z.string().nullable(),
  endedBy: z.string().nullable(),
  candidate: tally.describe('its calls that are over; failureRate in percent'),
  rest: tally.describe('those that the present version had meanwhile'),
});

export const planSummary = z.object({
  name: z.string(),
  owner: z.enum(['file', 'database']).describe('file: it is changed where it is, not here'),
  enabled: z.boolean().describe('it counts for calls; else it is a draft, or a file that a plan replaces'),
  version: z.number().nullable().describe('null: a file has none'),
  etag: z.string().describe('for If-Match, in quotes: v7, or a file’s beginning of a hash'),
  replaces: z.string().nullable().describe('the file that it stands for while it is enabled'),
  replacedBy: z.string().nullable().describe('the plan that stands for this file'),
  rules: z.number().nullable().describe('null: its text is no YAML'),
  tests: z.number().nullable(),
  updatedAt: z.string().nullable(),
  updatedBy: z.string().nullable(),
  note: z.string().nullable(),
  canary: canaryView.nullable().describe('the try of another version that runs'),
});

export const planView = planSummary.extend({ text: z.string() });

export const planVersion = z.object({
  version: z.number(),
  kind: z.enum(versionKinds),
  at: z.string(),
  by: z.string(),
  note: z.string().nullable(),
});

export const planChange = z.object({
  kind: z.enum(['added', 'removed', 'changed', 'moved']),
  part: z.string().describe('list or key that it is in, such as rules'),
  name: z.string().nullable().describe('of a rule, a trunk and the like; null: the part as a whole'),
  keys: z.array(z.string()).describe('of what is changed'),
});

export const testResult = z.object({
  name: z.string(),
  passed: z.boolean(),
  failures: z.array(
    z.object({
      path: z.array(z.string()).describe('below "call" or "expect" of the test'),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
});
