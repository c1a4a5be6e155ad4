import Papa from 'papaparse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Meeting } from '../../gateway/ports.ts';
import { csvHeader, csvLines, readCsv } from '../../gateway/rooms/meeting-csv.ts';
import { aMeeting } from '../support/meetings.ts';

const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim();
const anyText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('=1+1', "'=1", "''@x", '+49', '-', '"', 'a;b,c\t', "'quoted'", '\u2028', 'ü😀'),
  )
  .map(plain);
const anyMeeting: fc.Arbitrary<Meeting> = fc
  .record({
    title: anyText,
    room: anyText.filter((text) => text !== ''),
    waitForHost: fc.boolean(),
    locked: fc.boolean(),
    guest: fc.constantFrom('482153', null),
    maxParticipants: fc.option(fc.integer({ min: 1, max: 10_000 })),
    maxMinutes: fc.option(fc.integer({ min: 1, max: 100_000 })),
    language: fc.constantFrom('en', 'de', null),
    brand: fc.constantFrom('acme', null),
    schedule: fc.constantFrom(null, {
      startsAt: '2026-11-30T10:00',
      endsAt: '2026-11-30T11:00',
      zone: 'Europe/Berlin',
      recurrence: 'FREQ=WEEKLY;BYDAY=MO,WE',
    }),
  })
  .map(({ guest, ...rest }) => aMeeting({ ...rest, pins: { host: '48215377', guest } }));

describe('a file of meetings', () => {
  it('says after reading what it said before writing, whatever the titles', () => {
    fc.assert(
      fc.property(fc.array(anyMeeting, { minLength: 1, maxLength: 8 }), (meetings) => {
        const { lines, faults } = readCsv(csvHeader() + csvLines(meetings));
        expect(faults).toEqual([]);
        const read = lines.map(({ saving }) => saving);
        expect(read).toEqual(
          meetings.map(({ tenant: _tenant, createdAt: _c, changedAt: _d, version: _v, ...one }) => one),
        );
        expect(lines.map(({ line }) => line)).toEqual(meetings.map((_, i) => i + 2));
      }),
    );
  });

  it('has nothing that a spreadsheet would run', () => {
    fc.assert(
      fc.property(anyMeeting, (meeting) => {
        const { data } = Papa.parse<string[]>(csvLines([meeting]), { delimiter: ',' });
        expect(data.flat().filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
      }),
    );
  });

  it('may come from a spreadsheet: semicolons, another order, other words, times with a space', () => {
    const text = [
      '\ufeffRoom;TITLE;Locked;startsAt;endsAt;zone;hostPin',
      'weekly;"Jour ""fixe"";\nzwei";ja;2026-11-30 10:00:00;2026-11-30 11:00;Europe/Berlin;',
      '',
      'next;;nein;;;;',
    ].join('\n');
    expect(readCsv(text)).toEqual({
      faults: [],
      lines: [
        {
          line: 2,
          saving: {
            id: null,
            room: 'weekly',
            title: 'Jour "fixe";\nzwei',
            locked: true,
            schedule: {
              startsAt: '2026-11-30T10:00',
              endsAt: '2026-11-30T11:00',
              zone: 'Europe/Berlin',
              recurrence: null,
            },
            pins: {},
          },
        },
        { line: 5, saving: { id: null, room: 'next', title: '', locked: false, schedule: null, pins: {} } },
      ],
    });
  });

  it('with mistakes names each by line and column, and says what to do', () => {
    const faults = (text: string) => readCsv(text).faults.map(({ line, column }) => `${line} ${column}`);
    expect(faults('')).toEqual(['1 room']);
    expect(faults('title\nx')).toEqual(['1 room']);
    expect(faults('room,colour,room\n')).toEqual(['1 colour', '1 room']);
    expect(faults('room,locked,maxMinutes\na,perhaps,1.5\nb,yes,\nc,no,ten')).toEqual([
      '2 locked',
      '2 maxMinutes',
      '4 maxMinutes',
    ]);
    expect(faults('room,title\na,b,c')).toEqual(['2 3']);
    expect(faults('room,title\na,"b')).toEqual(['2 room']);
    for (const { remedy } of readCsv('room,locked\na,perhaps').faults) expect(remedy).toMatch(/\.$/);
  });

  it('is read without a crash, whatever it is', () => {
    const piece = fc.constantFrom(
      'room',
      ',',
      ';',
      '\t',
      '"',
      '\n',
      '\r\n',
      "'",
      '=',
      'yes',
      '\ufeff',
      'id',
      '\0',
      '2026-11-30 10:00',
    );
    const anyFile = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anyFile, (text) => {
        const { lines, faults } = readCsv(text);
        for (const { line, message } of faults) {
          expect(line).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
        for (const { line } of lines) expect(line).toBeGreaterThan(1);
      }),
      { numRuns: 500 },
    );
  });
});
