/** Requests as OpenAPI shows them: each is one that this gateway takes. */

const planText = `version: 1
tenant: acme
rules:
  - name: meetings
    match: { called: { e164: '+4930901820' } }
    action: ask-pin
tests:
  - name: the meeting number asks for the PIN
    call: { called: '004930901820' }
    expect: { rule: meetings, action: ask-pin }
`;

export const publishExample = { text: planText, note: 'Berlin has a number of its own now', enabled: true };
export const checkExample = { name: 'acme', text: planText };
export const callExample = {
  called: '+4930901820',
  calling: '+49170111222',
  trunk: null,
  transport: 'tls',
  verstat: 'passed',
  at: '2026-11-30T10:00:00+01:00',
};
export const tryExample = { name: 'acme', text: planText, call: callExample };
export const canaryExample = {
  text: planText,
  note: 'Berlin first',
  numbers: ['+4930901820'],
  share: 20,
  failureRate: 5,
  calls: 50,
};
export const promoteExample = { note: 'no call of 50 failed' };
export const rollBackExample = { to: 3, note: 'the new reception was not recorded yet' };
export const takeOverExample = { as: 'acme', note: 'to be edited in the browser' };

export const newMeetingExample = {
  room: 'board',
  title: 'Board meeting',
  waitForHost: true,
  schedule: {
    startsAt: '2026-11-30T10:00',
    endsAt: '2026-11-30T11:00',
    zone: 'Europe/Berlin',
    recurrence: 'FREQ=WEEKLY;BYDAY=MO',
  },
  maxParticipants: 12,
  language: 'de',
};
export const meetingChangeExample = { locked: true, renew: ['guest'] };
export const importExample = 'room,title,waitForHost\r\nboard,Board meeting,true\r\n';

export const newWebhookExample = {
  url: 'https://crm.acme.example/hooks/calls',
  title: 'CRM',
  events: ['call.ended', 'meeting.created'],
};
export const webhookChangeExample = { active: false };
export const replayExample = { since: '2026-11-30T08:00:00Z' };
