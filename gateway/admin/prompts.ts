import { z } from 'zod';
import type { HttpServerOptions, Plugin } from './context.ts';
import { problemResponses } from './problems.ts';

const spoken = z
  .record(z.string(), z.array(z.string()))
  .describe('names by language, as a dial plan says them');

/** What dial plans may name of the prompts that there are. */
export function promptRoutes({ prompts }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/prompts',
      {
        schema: {
          tags: ['dial plan'],
          summary: 'Names of the prompts that there are now',
          response: {
            200: z.object({
              shipped: spoken,
              tenants: z.record(z.string(), spoken).describe('tenants’ own, by their folder'),
            }),
            ...problemResponses,
          },
        },
      },
      async () => {
        const { shipped, tenants } = await prompts();
        const own = Object.entries(tenants).map(([folder, names]) => [folder, copyOf(names)] as const);
        return { shipped: copyOf(shipped), tenants: Object.fromEntries(own) };
      },
    );
    done();
  };
}

function copyOf(names: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(names).map(([language, list]) => [language, [...list].sort()]));
}
