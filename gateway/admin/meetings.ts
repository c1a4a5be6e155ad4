import { z } from 'zod';
import type { Meeting } from '../ports.ts';
import type { Plugin, DialIn, HttpServerOptions } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId, meeting as meetingSchema, newMeeting } from './schemas.ts';

/** Meetings: a room, its PINs, and what to write into an invitation. */
export function meetingRoutes({ meetings, dialIn, tenant }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.post(
      '/meetings',
      {
        schema: {
          tags: ['meetings'],
          summary: 'Make a meeting with fresh PINs',
          body: newMeeting,
          response: { 201: meetingSchema, ...problemResponses },
        },
      },
      async (request, reply) => {
        const made = await meetings.create({ tenant, ...request.body });
        return reply
          .code(201)
          .header('location', `/api/v1/meetings/${encodeURIComponent(made.id)}`)
          .send(show(made, dialIn));
      },
    );
    app.get(
      '/meetings',
      {
        schema: {
          tags: ['meetings'],
          summary: 'All meetings',
          response: { 200: z.object({ meetings: z.array(meetingSchema) }), ...problemResponses },
        },
      },
      async () => ({ meetings: (await meetings.list(tenant)).map((one) => show(one, dialIn)) }),
    );
    app.get(
      '/meetings/:id',
      {
        schema: {
          tags: ['meetings'],
          summary: 'One meeting',
          params: anyId,
          response: { 200: meetingSchema, ...problemResponses },
        },
      },
      async (request) => {
        const found = await meetings.get(request.params.id);
        if (found?.tenant !== tenant) throw new HttpProblem('MEETING_NOT_FOUND');
        return show(found, dialIn);
      },
    );
    app.delete(
      '/meetings/:id',
      {
        schema: {
          tags: ['meetings'],
          summary: 'Remove a meeting; its PINs stop working, calls go on',
          params: anyId,
          response: { 204: z.null().describe('removed'), ...problemResponses },
        },
      },
      async (request, reply) => {
        const found = await meetings.get(request.params.id);
        if (found?.tenant !== tenant || !(await meetings.remove(found.id))) {
          throw new HttpProblem('MEETING_NOT_FOUND');
        }
        return reply.code(204).send(null);
      },
    );
    done();
  };
}

function show(meeting: Meeting, dialIn: DialIn): z.infer<typeof meetingSchema> {
  const { id, room, pins, waitForHost, language, createdAt } = meeting;
  return {
    id,
    room,
    pins: { ...pins },
    waitForHost,
    language,
    createdAt,
    dialIn: {
      number: dialIn.number,
      uri: dialIn.sipUri(dialIn.number),
      web: dialIn.webUrl(room),
      text: invitation(meeting, dialIn),
    },
  };
}

/** For guests: the host's PIN is not in it. */
function invitation({ room, pins, language }: Meeting, dialIn: DialIn): string {
  const uri = dialIn.sipUri(dialIn.number);
  const web = dialIn.webUrl(room);
  return language === 'de'
    ? `Telefon: ${dialIn.number}, dann PIN ${pins.guest} und die Raute-Taste. SIP: ${uri}. Im Browser: ${web}`
    : `By phone: ${dialIn.number}, then PIN ${pins.guest} and the # key. By SIP: ${uri}. In a browser: ${web}`;
}
