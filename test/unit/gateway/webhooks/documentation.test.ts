import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventTypes } from '../../../../gateway/event-types.ts';
import { newEvent } from '../../../../gateway/events.ts';
import { payloadOf } from '../../../../gateway/webhooks/payload.ts';
import { eventExamples } from '../../../support/event-examples.ts';

const page = new URL('../../../../docs/webhooks.md', import.meta.url);
const at = Date.parse('2026-11-30T09:30:00Z');

it('docs/webhooks.md shows every event as it is sent', () => {
  const sent = eventTypes.map((type) => payloadOf(newEvent(type, 'default', at, eventExamples[type]), false));
  const shown = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"type"'));
  expect(shown).toEqual(sent);
});
