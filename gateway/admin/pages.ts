import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { planJsonSchema } from '../../dialplans/schema/json-schema.ts';
import type { HttpServerOptions } from './context.ts';
import { HttpProblem } from './problems.ts';

const hidden = { schema: { hide: true } };

/** The start page, the room page, those for admins and their files, as vite built them; and the format of plans. */
export async function pages(app: FastifyInstance, options: HttpServerOptions): Promise<void> {
  const built = (): boolean => existsSync(join(options.webFolder, 'index.html'));
  const page = (_request: unknown, reply: FastifyReply): FastifyReply => {
    // Looked at each time: the pages may be built while the gateway runs.
    if (!built()) throw new HttpProblem('PAGES_NOT_BUILT');
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  };
  if (!built()) options.log.warn({ folder: options.webFolder }, 'pages are not built: run "npx vite build"');
  await app.register(fastifyStatic, {
    root: options.webFolder,
    serve: false,
    // `serve: false` only decorates `sendFile`; the folder may not be there yet.
    logLevel: 'silent',
  });
  app.get('/', hidden, page);
  app.get('/join/:room', hidden, page);
  app.get('/admin', hidden, (_request, reply) => reply.redirect('/admin/dial-plans'));
  app.get('/admin/*', hidden, page);
  const schema = planJsonSchema();
  app.get('/schema/dial-plan.json', hidden, (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(schema),
  );
  app.get<{ Params: { '*': string } }>('/assets/*', hidden, (request, reply) =>
    // vite puts a hash of the content into each name.
    reply.sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true }),
  );
}
