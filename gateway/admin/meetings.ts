import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Meeting } from '../ports.ts';
import { occurrences } from '../rooms/schedule.ts';
import { invitationLine } from '../invitations/text.ts';
import type { Plugin, HttpServerOptions } from './context.ts';
import { ifMatch, setEtag, versionIfMatched, versionToChange } from './etag.ts';
import { meetingChangeExample, newMeetingExample } from './examples.ts';
import { meeting, meetingChange, meetingPage, meetingQuery, newMeeting } from './meeting-schemas.ts';
import { invitationOf, invitationRoutes } from './invitations.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId } from './schemas.ts';
import { meetingFileRoutes } from './meeting-files.ts';
import { tenantOf } from './tenant.ts';

/** Meetings: a room, its PINs, its rules, and what to write into an invitation. */
export function meetingRoutes(options: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    void app.register(readingRoutes(options));
    void app.register(changingRoutes(options));
    void app.register(invitationRoutes(options));
    void app.register(meetingFileRoutes(options));
    done();
  };
}

const schema = (summary: string) => ({ tags: ['meetings'], summary });

function readingRoutes(options: HttpServerOptions): Plugin {
  const { meetings } = options;
  return (app, _options, done) => {
    app.get(
      '/meetings',
      {
        schema: {
          ...schema('Meetings, the newest first'),
          querystring: meetingQuery,
          response: { 200: meetingPage, ...problemResponses },
        },
      },
      async ({ query }) => {
        const page = await meetings.list({ ...query, tenant: tenantOf(query.tenant, options) });
        return { meetings: page.meetings.map((one) => show(one, options)), next: page.next };
      },
    );
    app.get(
      '/meetings/:id',
      {
        schema: {
          ...schema('One meeting, with its ETag'),
          params: anyId,
          response: { 200: meeting, ...problemResponses },
        },
      },
      async ({ params }, reply) => send(reply, there(await meetings.get(params.id)), options),
    );
    done();
  };
}

function changingRoutes(options: HttpServerOptions): Plugin {
  const { meetings } = options;
  return (app, _options, done) => {
    app.post(
      '/meetings',
      {
        schema: {
          ...schema('Make a meeting; what is left out of its PINs and number is made at random'),
          body: newMeeting.meta({ examples: [newMeetingExample] }),
          response: { 201: meeting, ...problemResponses },
        },
      },
      async ({ body }, reply) => {
        const made = await meetings.create({ ...body, tenant: tenantOf(body.tenant, options) });
        return reply
          .code(201)
          .header('location', `/api/v1/meetings/${encodeURIComponent(made.id)}`)
          .send(send(reply, made, options));
      },
    );
    app.patch(
      '/meetings/:id',
      {
        schema: {
          ...schema('Change what is named, if the meeting still has the ETag of If-Match'),
          params: anyId,
          headers: ifMatch,
          body: meetingChange.meta({ examples: [meetingChangeExample] }),
          response: { 200: meeting, ...problemResponses },
        },
      },
      async (request, reply) => {
        const version = versionToChange(request);
        return send(reply, there(await meetings.change(request.params.id, version, request.body)), options);
      },
    );
    app.delete(
      '/meetings/:id',
      {
        schema: {
          ...schema('Remove a meeting; its PINs stop working, calls go on. If-Match counts when it is there'),
          params: anyId,
          headers: ifMatch,
          response: { 204: z.null().describe('removed'), ...problemResponses },
        },
      },
      async (request, reply) => {
        const version = versionIfMatched(request) ?? null;
        if (!(await meetings.remove(request.params.id, version))) throw new HttpProblem('MEETING_NOT_FOUND');
        return reply.code(204).send(null);
      },
    );
    done();
  };
}

function send(reply: FastifyReply, one: Meeting, options: HttpServerOptions): z.infer<typeof meeting> {
  setEtag(reply, one.version);
  return show(one, options);
}

function there(found: Meeting | null): Meeting {
  if (found === null) throw new HttpProblem('MEETING_NOT_FOUND');
  return found;
}

const shownTimes = 3;

function show(one: Meeting, { dialIn }: HttpServerOptions): z.infer<typeof meeting> {
  const next = one.schedule === null ? [] : occurrences(one.schedule, Date.now(), shownTimes);
  return {
    ...one,
    pins: { ...one.pins },
    next: next.map(({ startMs, endMs }) => ({ startsAt: utc(startMs), endsAt: utc(endMs) })),
    dialIn: {
      number: dialIn.number,
      uri: dialIn.sipUri(dialIn.number),
      web: dialIn.webUrl(one.room),
      text: invitationLine(invitationOf(one, 'guest', null, dialIn)),
    },
  };
}

const utc = (ms: number): string => new Date(ms).toISOString();
