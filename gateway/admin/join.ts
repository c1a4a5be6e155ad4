import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isLoopback } from '../config/outside.ts';
import type { Meeting, Role } from '../ports.ts';
import { notAdmitted } from '../rooms/admission.ts';
import { guessSource } from '../rooms/guess-source.ts';
import type { DialIn, HttpServerOptions, Plugin } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { role, roomName } from './schemas.ts';

const room = z.strictObject({ room: roomName });

const joinBody = z.strictObject({
  name: z.string().trim().min(1).max(60).describe('shown to the others'),
  pin: z.string().max(32).optional().describe('digits; spaces, dashes and # are ignored'),
});

const doorSchema = z.object({
  room: z.string(),
  pinRequired: z.boolean(),
  dialIn: z.object({ number: z.string(), uri: z.string() }),
});

const admissionSchema = z.object({
  url: z.string().describe('LiveKit server'),
  token: z.string().describe('for this one join; valid for minutes'),
  identity: z.string(),
  room: z.string(),
  role,
});

const welcomeSchema = z.object({
  number: z.string(),
  uri: z.string(),
  echoNumber: z.string(),
  demo: z
    .object({ room: z.string(), uri: z.string(), web: z.string() })
    .nullable()
    .describe('null: no demo room'),
});

/** How people in browsers come in: no admin token here, a PIN where the configuration asks for one. */
export function joinRoutes(options: HttpServerOptions): Plugin {
  const { dialIn } = options;
  const admit = createAdmission(options);
  return (app, _options, done) => {
    app.get(
      '/welcome',
      {
        schema: {
          tags: ['join'],
          summary: 'Numbers to dial and the demo room',
          security: [],
          response: { 200: welcomeSchema, ...problemResponses },
        },
      },
      () => ({
        number: dialIn.number,
        uri: dialIn.sipUri(dialIn.number),
        echoNumber: dialIn.echoNumber,
        demo: demoOf(dialIn),
      }),
    );
    app.get(
      '/join/:room',
      {
        schema: {
          tags: ['join'],
          summary: 'What this room asks for; the same answer whether the room is there or not',
          security: [],
          params: room,
          response: { 200: doorSchema, ...problemResponses },
        },
      },
      (request) => ({
        room: request.params.room,
        pinRequired: !isOpen(options, request),
        dialIn: { number: dialIn.number, uri: dialIn.sipUri(dialIn.number) },
      }),
    );
    app.post(
      '/join/:room',
      {
        schema: {
          tags: ['join'],
          summary: 'A token for this room, for one person and a few minutes',
          security: [],
          params: room,
          body: joinBody,
          response: { 200: admissionSchema, ...problemResponses },
        },
      },
      async (request) => {
        const { name, pin } = request.body;
        const admitted = await admit(request, request.params.room, (pin ?? '').replace(/[\s#-]/g, ''));
        if (options.rooms.status().state === 'down') throw new HttpProblem('ROOMS_UNAVAILABLE');
        const identity = `web_${randomBytes(8).toString('hex')}`;
        const access = await options.rooms.personAccess(request.params.room, identity, name, admitted);
        return { url: access.url, token: access.token, identity, room: request.params.room, role: admitted };
      },
    );
    done();
  };
}

function demoOf(dialIn: DialIn): z.infer<typeof welcomeSchema>['demo'] {
  const room = dialIn.demoRoom;
  return room === null ? null : { room, uri: dialIn.sipUri(room), web: dialIn.webUrl(room) };
}

type Admission = (request: FastifyRequest, room: string, pin: string) => Promise<Role>;

function createAdmission(options: HttpServerOptions): Admission {
  const { guard, meetings, metrics, tenant } = options;
  return async (request, room, pin) => {
    if (pin === '') {
      const meeting = await meetings.findByRoom(tenant, room);
      if (isOpen(options, request) || meeting?.pins.guest === null)
        return admitted(meeting, 'guest', options);
      throw new HttpProblem('PIN_REQUIRED');
    }
    // As with calls from no trunk, so that one address has one count for both ways in.
    const source = `address:${guessSource(request.ip)}`;
    const waitMs = guard.delayMs(tenant, source);
    if (waitMs > 0) throw tooManyMisses(waitMs, options);
    // Counted before the look-up, so that guesses sent side by side don't all slip through.
    guard.missed(tenant, source);
    const found = await meetings.findByPin(tenant, pin);
    if (!found.found || found.meeting.room !== room) {
      metrics.pinTried('wrong', 'page');
      throw new HttpProblem('PIN_WRONG');
    }
    // Once for the count above, once as any right PIN.
    guard.hit(tenant, source);
    guard.hit(tenant, source);
    metrics.pinTried('right', 'page');
    return admitted(found.meeting, found.role, options);
  };
}

const notAdmittedCodes = {
  'meeting-locked': 'MEETING_LOCKED',
  'meeting-not-yet': 'MEETING_NOT_YET',
  'meeting-over': 'MEETING_OVER',
} as const;

/** The meeting's own rules; a room that no meeting names has none. */
function admitted(meeting: Meeting | null, wanted: Role, { margins }: HttpServerOptions): Role {
  const refused = meeting && notAdmitted(meeting, wanted, Date.now(), margins);
  if (refused !== null) throw new HttpProblem(notAdmittedCodes[refused]);
  return wanted;
}

function tooManyMisses(waitMs: number, { metrics }: HttpServerOptions): HttpProblem {
  if (waitMs === Infinity) {
    metrics.pinTried('blocked', 'page');
    return new HttpProblem('PIN_BLOCKED', undefined, 3600);
  }
  metrics.pinTried('slowed', 'page');
  const seconds = Math.ceil(waitMs / 1000);
  return new HttpProblem('PIN_SLOWED', `Too many wrong PINs; wait ${seconds} s.`, seconds);
}

/**
 * Whether the room page lets people in without a PIN. `auto` means this machine only. A reverse proxy or a
 * page elsewhere that points its name at us (DNS rebinding) also comes from loopback, so a request that was
 * forwarded or asks for another host's name doesn't count as one of this machine.
 */
function isOpen(options: Pick<HttpServerOptions, 'host' | 'http'>, request: FastifyRequest): boolean {
  if (options.http.join !== 'auto') return options.http.join === 'open';
  const forwarded = request.headers['x-forwarded-for'] ?? request.headers.forwarded;
  return isLoopback(options.host) && forwarded === undefined && isLoopback(request.hostname);
}
