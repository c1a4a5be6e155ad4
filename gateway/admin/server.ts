import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { auditRoutes } from './audit.ts';
import { requireBearer } from './auth.ts';
import { callExportRoutes } from './call-export.ts';
import { callRecordRoutes } from './call-records.ts';
import { callRoutes } from './calls.ts';
import { canaryRoutes } from './canaries.ts';
import type { HttpServerOptions } from './context.ts';
import { dialPlanRoutes } from './dial-plan.ts';
import { securityHeaders } from './headers.ts';
import { guessRoutes } from './guesses.ts';
import { healthRoutes } from './health.ts';
import { joinRoutes } from './join.ts';
import { meetingRoutes } from './meetings.ts';
import { mixingRoutes } from './mixing.ts';
import { pages } from './pages.ts';
import { planPublishingRoutes } from './plan-publishing.ts';
import { planTrialRoutes } from './plan-trials.ts';
import { planVersionRoutes } from './plan-versions.ts';
import { planRoutes } from './plans.ts';
import { passSignalling } from './signalling.ts';
import { promptRoutes } from './prompts.ts';
import { answerError, HttpProblem, sendProblem, toProblem } from './problems.ts';
import { keepDeadlines } from './waiting.ts';
import { webhookRoutes } from './webhooks.ts';

const bodyLimitBytes = 64 * 1024;
/** For a request to arrive in full. */
const requestTimeoutMs = 15_000;
/** For its answer to be ready. */
const handlerTimeoutMs = 10_000;
/** How long `close` lets answers that are on their way go out. */
const closeGraceMs = 2_000;

export interface HttpServer {
  /** Binds; resolves with the port (the configured one, or a free one for 0). */
  listen(): Promise<number>;
  /** The bound port; throws before `listen`. */
  readonly port: number;
  /** Takes no more requests, lets running ones end, then drops what is left. Idempotent. */
  close(): Promise<void>;
  /** A request without a socket, for tests. */
  readonly inject: FastifyInstance['inject'];
}

/** The gateway's HTTP door: health, admin API, join tokens and pages. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = await build(options);
  let closing: Promise<void> | undefined;
  return {
    async listen() {
      await app.listen({ host: options.host, port: options.http.port });
      return portOf(app);
    },
    get port() {
      return portOf(app);
    },
    close: () => (closing ??= closeWithin(app, closeGraceMs)),
    inject: app.inject.bind<FastifyInstance['inject']>(app),
  };
}

async function build(options: HttpServerOptions): Promise<FastifyInstance> {
  const setHeaders = securityHeaders(options.livekitUrl);
  const app = fastify({
    serverFactory: (handler) => createNodeServer(options, handler),
    bodyLimit: bodyLimitBytes,
    handlerTimeout: handlerTimeoutMs,
    // The log gets constant sentences from the hook below; Fastify's own lines would hold whole URLs.
    logger: false,
    genReqId: () => randomUUID(),
    // A room's name, percent-encoded.
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => {
      // Before routing there are no hooks.
      setHeaders(reply);
      answerError(options.log)(error, request, reply);
    },
    clientErrorHandler: (_error, socket) => refuseUnparsable(socket),
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError(options.log));
  app.setNotFoundHandler((request, reply) => {
    const error = new HttpProblem('ROUTE_NOT_FOUND');
    sendProblem(reply, toProblem(error, request.id));
  });
  // Only JSON: a form or text/plain could be posted by any page without asking first (CORS).
  app.removeContentTypeParser('text/plain');
  app.addHook('onSend', (_request, reply, _payload, done) => {
    setHeaders(reply);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const facts = { method: request.method, route, status: reply.statusCode };
    options.metrics.httpAnswered({ ...facts, seconds: reply.elapsedTime / 1000 });
    options.log.debug({ ...facts, requestId: request.id }, 'request answered');
    done();
  });
  keepDeadlines(app);
  await app.register(swagger, openapi);
  await app.register(healthRoutes(options));
  await app.register(joinRoutes(options), { prefix: '/api/v1' });
  await app.register(adminApi(options), { prefix: '/api/v1' });
  if (options.signalling !== null) passSignalling(app, options.signalling);
  await pages(app, options);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
}

function adminApi(options: HttpServerOptions): (api: FastifyInstance) => Promise<void> {
  return async (api) => {
    api.addHook('onRequest', requireBearer(options.adminToken));
    await api.register(callRoutes(options));
    await api.register(callRecordRoutes(options));
    await api.register(callExportRoutes(options));
    await api.register(meetingRoutes(options));
    await api.register(dialPlanRoutes(options));
    await api.register(planRoutes(options));
    await api.register(planTrialRoutes(options));
    await api.register(planPublishingRoutes(options));
    await api.register(planVersionRoutes(options));
    await api.register(canaryRoutes(options));
    await api.register(promptRoutes(options));
    await api.register(auditRoutes(options));
    await api.register(mixingRoutes(options));
    await api.register(guessRoutes(options));
    await api.register(webhookRoutes(options));
  };
}

const openapi = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Interop gateway',
      description: 'Phones and SIP devices in LiveKit rooms: calls, meetings, dial plan, join tokens.',
      version: '1',
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http' as const, scheme: 'bearer', description: 'the admin token' },
      },
    },
    security: [{ bearer: [] }],
  },
  transform: jsonSchemaTransform,
};

function createNodeServer(options: HttpServerOptions, handler: http.RequestListener): http.Server {
  const limits = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    keepAliveTimeout: 10_000,
    connectionsCheckingInterval: 5_000,
  };
  const { tlsCert, tlsKey } = options.http;
  if (tlsCert === '' || tlsKey === '') return http.createServer(limits, handler);
  return https.createServer({ ...limits, cert: readFileSync(tlsCert), key: readFileSync(tlsKey) }, handler);
}

/** What Node's parser refuses never becomes a request. */
function refuseUnparsable(socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(toProblem(new HttpProblem('REQUEST_MALFORMED')));
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function portOf(app: FastifyInstance): number {
  const address: AddressInfo | string | null = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The HTTP server is not bound.');
  return address.port;
}

async function closeWithin(app: FastifyInstance, graceMs: number): Promise<void> {
  const drop = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(drop);
  }
}
