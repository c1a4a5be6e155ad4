import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { invitationCalendar } from '../../gateway/invitations/calendar.ts';
import { anInvitation } from '../support/invitation.ts';
import { describeWith } from '../support/needs.ts';

/** A Python that has the package `icalendar`; it also works out the times by itself with `dateutil`. */
const python = process.env.ICALENDAR_PYTHON ?? 'python3';

function missingIcalendar(): string | null {
  try {
    execFileSync(python, ['-c', 'import icalendar, dateutil'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'no Python with icalendar: pip install icalendar, and name that Python in ICALENDAR_PYTHON';
  }
}

const reader = String.raw`
import sys, json, re, icalendar
def unescaped(text): return re.sub(r'\\(.)', lambda one: '\n' if one[1] in 'nN' else one[1], text)
calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
event = calendar.walk('VEVENT')[0]
zone = calendar.walk('VTIMEZONE')[0].to_tz(lookup_tzid=False)
conferences = event['CONFERENCE']
print(json.dumps({
    'errors': [list(map(str, one)) for part in calendar.walk() for one in part.errors],
    'uid': str(event['UID']), 'sequence': int(event['SEQUENCE']), 'summary': str(event['SUMMARY']),
    'description': str(event['DESCRIPTION']), 'html': unescaped(str(event['X-ALT-DESC'])),
    'type': event['X-ALT-DESC'].params['FMTTYPE'],
    'start': event['DTSTART'].dt.isoformat(), 'rule': event['RRULE'].to_ical().decode(),
    'offsets': [str(zone.utcoffset(__import__('datetime').datetime(2027, month, 15))) for month in (1, 7)],
    'conferences': [[str(one), one.params.get('LABEL'), one.params.get('FEATURE')] for one in conferences],
}))
`;

describeWith(
  [missingIcalendar()],
  'a calendar entry, read by Python’s icalendar',
  () => {
    it('says what it was written to say', () => {
      const facts = anInvitation();
      const { schedule, title } = facts.meeting;
      if (schedule === null) throw new Error('it has no time');
      const text = invitationCalendar(facts, schedule);
      const read = JSON.parse(
        execFileSync(python, ['-c', reader], { input: text, encoding: 'utf8' }),
      ) as Record<string, unknown>;
      expect(read).toMatchObject({
        errors: [],
        uid: '6f0e@interop-gateway',
        sequence: 2,
        summary: title,
        type: 'text/html',
        start: '2026-10-19T10:00:00+02:00',
        rule: expect.stringContaining('UNTIL=20261102T225959Z') as string,
        offsets: ['1:00:00', '2:00:00'],
        description: expect.stringContaining('then PIN 482153 and the # key') as string,
        html: expect.stringContaining('&lt;b&gt;wöchentlich&lt;/b&gt;') as string,
      });
      expect(read.conferences).toContainEqual([
        'tel:+442079460018,,482153%23',
        '+44 20 7946 0018 (United Kingdom, London)',
        ['AUDIO', 'PHONE'],
      ]);
    });
  },
  { elective: true },
);
