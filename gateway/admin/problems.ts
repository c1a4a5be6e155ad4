import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';
import { PlanInvalid, PlanVersionConflict } from '../plans/errors.ts';
import type { Log } from '../ports.ts';
import { planProblem } from './plan-schemas.ts';

/**
 * Every problem that the HTTP door itself can tell of: status, title, and what to do.
 * Domain errors (`GatewayError`) bring their own code.
 */
export const problems = {
  UNAUTHORIZED: [401, 'No valid token', 'Send "Authorization: Bearer <token>"; it is in data/admin-token.'],
  ROUTE_NOT_FOUND: [404, 'No such address', 'See /openapi.json for what there is.'],
  CALL_NOT_FOUND: [404, 'No such live call', 'List the live ones with GET /api/v1/calls.'],
  CALL_NOT_IN_ROOM: [409, 'The caller is in no room now', 'Wait until its "state" is "in-room" or "alone".'],
  RECORD_NOT_FOUND: [404, 'No such past call', 'List them with GET /api/v1/calls/records.'],
  MIXING_SERVER_NOT_FOUND: [404, 'No such FreeSWITCH', 'List them with GET /api/v1/mixing/servers.'],
  MEETING_NOT_FOUND: [404, 'No such meeting', 'List them with GET /api/v1/meetings.'],
  TENANT_UNKNOWN: [
    400,
    'No rule of the dial plan is this tenant’s',
    'Use a tenant of the dial plan, or leave it out.',
  ],
  IF_MATCH_REQUIRED: [
    428,
    'The change does not say what it is a change of',
    'Send the ETag that you got with the meeting as If-Match, or If-Match: *.',
  ],
  GUESS_NOT_FOUND: [404, 'Nobody of this id is slowed or blocked', 'List them with GET /api/v1/guesses.'],
  WEBHOOK_NOT_FOUND: [404, 'No such webhook', 'List them with GET /api/v1/webhooks.'],
  DELIVERY_NOT_FOUND: [404, 'No such delivery', 'List them with GET /api/v1/webhooks/{id}/deliveries.'],
  MEETING_HAS_NO_TIME: [
    409,
    'This meeting has no time, so there is nothing for a calendar',
    'Give it a schedule, or ask for format=text or html.',
  ],
  CSV_TOO_LONG: [413, 'The file has too many lines', 'Send at most 2,000 meetings at once.'],
  REQUEST_INVALID: [400, 'The request does not fit the schema', 'Correct what "errors" names.'],
  BODY_UNREADABLE: [400, 'The body is not valid JSON', 'Send one JSON object.'],
  REQUEST_MALFORMED: [400, 'The request is malformed', 'Correct its address, headers or body.'],
  BODY_TOO_LARGE: [413, 'The body is too large', 'Send less: a plan’s text has at most 2 MiB, else 64 KiB.'],
  MEDIA_TYPE_UNSUPPORTED: [415, 'Unsupported media type', 'Send "Content-Type: application/json".'],
  PIN_REQUIRED: [403, 'This room asks for a PIN', 'Enter the PIN from the invitation.'],
  PIN_WRONG: [403, 'This PIN does not fit the room', 'Check the PIN and the room’s name in the invitation.'],
  PIN_SLOWED: [429, 'Too many wrong PINs', 'Wait a moment, then try again.'],
  PIN_BLOCKED: [429, 'Too many wrong PINs', 'Wait an hour, or ask the person who invited you to let you in.'],
  MEETING_LOCKED: [403, 'This meeting is locked', 'Ask the host to let you in.'],
  MEETING_NOT_YET: [403, 'This meeting has not begun yet', 'Come at the time in your invitation.'],
  MEETING_OVER: [410, 'The time of this meeting is over', 'Ask the person who invited you for another one.'],
  ROOMS_UNAVAILABLE: [503, 'The room service does not answer', 'Try again soon; /readyz shows the parts.'],
  TOOK_TOO_LONG: [503, 'The answer took too long', 'Try again soon; /readyz shows the parts.'],
  PAGES_NOT_BUILT: [503, 'The pages are not built', 'Run "npx vite build" once, then load this again.'],
  INTERNAL: [500, 'The gateway failed', 'The log has the details, under this request’s id.'],
} as const satisfies Record<string, readonly [status: number, title: string, remedy: string]>;

type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details, with the stable code and the remedy as extension members. */
export const problemSchema = z.object({
  type: z.string().describe('URN that names the kind of problem'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string().optional().describe('URN of this occurrence; the log has it as requestId'),
  code: z.string().describe('stable; for programs'),
  remedy: z.string().optional().describe('what to do, for people'),
  errors: z
    .array(z.object({ path: z.string().describe('JSON pointer (RFC 6901)'), message: z.string() }))
    .optional(),
  problems: z.array(planProblem).optional().describe('mistakes in plans, by place'),
  current: z
    .object({ version: z.number(), by: z.string(), at: z.string(), note: z.string().nullable() })
    .optional()
    .describe('what somebody else has published meanwhile'),
});

export type Problem = z.infer<typeof problemSchema>;

const body = { 'application/problem+json': { schema: problemSchema } };

/** For the `response` of every route. */
export const problemResponses = {
  '4xx': { description: 'The request can’t be served; the body says why', content: body },
  '5xx': { description: 'The gateway can’t serve it now', content: body },
};

/** A problem of the table above, thrown by a route. */
export class HttpProblem extends GatewayError {
  /** Sent as Retry-After (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | null;

  constructor(code: ProblemCode, detail?: string, retryAfterSeconds: number | null = null) {
    const [httpStatus, title, remedy] = problems[code];
    super({ code, httpStatus, message: detail ?? `${title}.`, remedy });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Fastify's error handler: everything that is thrown becomes a problem; nothing internal leaks. */
export function answerError(
  log: Log,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const problem = toProblem(error, request.id);
    // A problem of the table is an expected answer, a part that is down for instance; the rest is news.
    if (problem.status >= 500 && !(error instanceof HttpProblem)) {
      log.error({ requestId: request.id, route: request.routeOptions.url, err: error }, 'request failed');
    }
    if (error instanceof HttpProblem && error.retryAfterSeconds !== null) {
      reply.header('retry-after', String(error.retryAfterSeconds));
    }
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="gateway"');
    sendProblem(reply, problem);
  };
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  // A string, past the route's serializer: a problem must never fail on a schema.
  void reply
    .code(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problem);
}

/** @param requestId Becomes `instance` when the log has more to tell. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const problem = describe(error);
  return problem.status < 500 || requestId === undefined
    ? problem
    : { ...problem, instance: `urn:uuid:${requestId}` };
}

function describe(error: unknown): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      // "/" would name a member with an empty name; the whole body is "" (RFC 6901 §5).
      path: issue.instancePath === '/' ? '' : issue.instancePath,
      message: issue.message ?? 'is not valid',
    }));
    const where = error.validationContext ?? 'request';
    return { ...fromTable('REQUEST_INVALID', `The ${where} does not fit the schema.`), errors };
  }
  if (error instanceof GatewayError) return fromGateway(error);
  const code = fastifyCodes[codeOf(error)];
  if (code !== undefined) return fromTable(code);
  const status = statusOf(error);
  // Whatever else Fastify calls the client's fault (bad URL, bad Content-Length, …).
  return fromTable(status >= 400 && status < 500 ? 'REQUEST_MALFORMED' : 'INTERNAL');
}

const fastifyCodes: Readonly<Record<string, ProblemCode | undefined>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_UNREADABLE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_UNREADABLE',
  FST_ERR_HANDLER_TIMEOUT: 'TOOK_TOO_LONG',
};

function fromTable(code: ProblemCode, detail?: string): Problem {
  const [status, title, remedy] = problems[code];
  return { type: typeOf(code), title, status, detail: detail ?? `${title}.`, code, remedy };
}

function fromGateway(error: GatewayError): Problem {
  const known = isProblemCode(error.code) ? problems[error.code][1] : error.message;
  // A domain error that is our own fault keeps its code, but its words are for the log.
  const internal = error.httpStatus === 500;
  return {
    type: typeOf(error.code),
    title: internal ? problems.INTERNAL[1] : known,
    status: error.httpStatus,
    detail: internal ? `${problems.INTERNAL[1]}.` : error.message,
    code: error.code,
    remedy: internal ? problems.INTERNAL[2] : error.remedy,
    ...(error.errors && { errors: [...error.errors] }),
    ...(error instanceof PlanInvalid && { problems: [...error.problems] }),
    ...(error instanceof PlanVersionConflict && error.current && { current: error.current }),
  };
}

const typeOf = (code: string): string =>
  `urn:interop-gateway:problem:${code.toLowerCase().replaceAll('_', '-')}`;

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : 500;
}
