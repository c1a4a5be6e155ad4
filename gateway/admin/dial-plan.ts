import { z } from 'zod';
import { toAddress } from '../../dialplans/tests.ts';
import { verstats } from '../../dialplans/types.ts';
import type { Plugin, HttpServerOptions } from './context.ts';
import { problemResponses } from './problems.ts';
import { route, trace } from './schemas.ts';

const address = z.string().min(1).max(256).describe('number, name, or sip:user@host');

const tryBody = z.strictObject({
  called: address,
  calling: address.default('anonymous'),
  trunk: z.string().max(64).nullable().default(null),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).default('udp'),
  protocol: z.enum(['sip', 'h323']).default('sip'),
  source: z.union([z.ipv4(), z.ipv6()]).nullable().default(null).describe('IP address the call comes from'),
  registered: z.boolean().default(false).describe('the caller’s device is registered here'),
  verstat: z.enum(verstats).default('none').describe('whether the carrier vouches for the calling number'),
  headers: z
    .record(z.string().min(1).max(64), z.string().max(1024))
    .refine((headers) => Object.keys(headers).length <= 64, 'at most 64 header fields')
    .default({}),
  language: z.string().max(35).nullable().default(null).describe('of Accept-Language, such as de-AT'),
  at: z.iso.datetime({ offset: true }).optional().describe('when the call comes; left out: now'),
});

const planView = z.object({
  name: z.string(),
  version: z.string(),
  rules: z
    .array(
      z.object({
        name: z.string(),
        plan: z.string(),
        file: z.string().describe('the plan’s own, or a fragment that it includes'),
        tenant: z.string(),
        priority: z.number(),
        action: z.string().describe('transform: it rewrites the numbers, and the next rules are tried'),
        when: z
          .record(z.string(), z.string())
          .describe('by field, in words: is 1000, begins with +49; empty: every call'),
      }),
    )
    .describe('in the order in which they are tried'),
  problems: z
    .array(
      z.object({
        file: z.string(),
        line: z.number(),
        column: z.number(),
        code: z.string(),
        message: z.string(),
        remedy: z.string(),
      }),
    )
    .describe('why a newer file was not taken; empty: what is on disk is in force'),
});

/** The plan in force, and the dry run: the same `resolve` as for calls, with its trace. */
export function dialPlanRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/dial-plan',
      {
        schema: {
          tags: ['dial plan'],
          summary: 'The plan in force, and why a newer file was not taken',
          response: { 200: planView, ...problemResponses },
        },
      },
      () => {
        const view = plans.view();
        return {
          ...view,
          rules: view.rules.map((rule) => ({ ...rule, when: { ...rule.when } })),
          problems: [...view.problems],
        };
      },
    );
    app.post(
      '/dial-plan/try',
      {
        schema: {
          tags: ['dial plan'],
          summary: 'Where a call would go, and why; no call is made',
          body: tryBody,
          response: { 200: z.object({ route, trace }), ...problemResponses },
        },
      },
      (request) => {
        const { called, calling, headers, at, ...facts } = request.body;
        const resolution = plans.resolve({
          ...facts,
          called: toAddress(called),
          calling: toAddress(calling),
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
          ),
          at: at === undefined ? Date.now() : Date.parse(at),
        });
        return {
          route: resolution.route,
          trace: {
            ...resolution.trace,
            steps: resolution.trace.steps.map((step) => ({
              ...step,
              conditions: step.conditions && [...step.conditions],
            })),
            variables: { ...resolution.trace.variables },
          },
        };
      },
    );
    done();
  };
}
