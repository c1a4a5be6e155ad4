import { z } from 'zod';
import { invitationCalendar } from '../invitations/calendar.ts';
import type { InvitationFacts } from '../invitations/facts.ts';
import { invitationHtml } from '../invitations/html.ts';
import { invitationText } from '../invitations/text.ts';
import type { Meeting, Role } from '../ports.ts';
import type { Language } from '../prompts/prompts.ts';
import type { DialIn, HttpServerOptions, Plugin } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId, language, role } from './schemas.ts';

const query = z.strictObject({
  format: z.enum(['text', 'html', 'ics']).default('text').describe('ics: a calendar entry (RFC 5545)'),
  role: role.default('guest').describe('whose PIN is in it'),
  language: language.optional().describe('the meeting’s own when left out'),
});

const types = {
  text: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ics: 'text/calendar; charset=utf-8; method=PUBLISH',
} as const;

const text = z.string().describe('the invitation');
const content = {
  'text/plain': { schema: text },
  'text/html': { schema: text },
  'text/calendar': { schema: text },
};

/** Dial-in details, to be sent on. */
export function invitationRoutes({ meetings, dialIn }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/meetings/:id/invitation',
      {
        schema: {
          tags: ['meetings'],
          summary: 'What to write to those who shall come: text, HTML or a calendar entry',
          params: anyId,
          querystring: query,
          response: { 200: { description: 'The invitation', content }, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { format, role: whose, language: wished } = request.query;
        const meeting = await meetings.get(request.params.id);
        if (meeting === null) throw new HttpProblem('MEETING_NOT_FOUND');
        const facts = invitationOf(meeting, whose, wished ?? null, dialIn);
        // As it is, past the route's serializer for JSON.
        return reply
          .header('content-type', types[format])
          .header('content-disposition', format === 'ics' ? 'attachment; filename="meeting.ics"' : 'inline')
          .serializer(String)
          .send(written(facts, format));
      },
    );
    done();
  };
}

function written(facts: InvitationFacts, format: keyof typeof types): string {
  if (format !== 'ics') return format === 'html' ? invitationHtml(facts) : invitationText(facts);
  const { schedule } = facts.meeting;
  if (schedule === null) throw new HttpProblem('MEETING_HAS_NO_TIME');
  return invitationCalendar(facts, schedule);
}

export function invitationOf(
  meeting: Meeting,
  whose: Role,
  wished: Language | null,
  dialIn: DialIn,
): InvitationFacts {
  const { title, language: usual, numbers } = dialIn.of(meeting.tenant);
  const called = meeting.pins[whose] === null ? meeting.number : (numbers[0]?.number ?? dialIn.number);
  return {
    meeting,
    role: whose,
    language: wished ?? meeting.language ?? usual,
    host: title,
    numbers,
    sipUri: dialIn.sipUri(called),
    webUrl: dialIn.webUrl(meeting.room),
  };
}
