import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord, CallSearch, Log, MeetingStore } from '../../gateway/ports.ts';
import { aQuality } from '../fakes/quality.ts';
import { Refusals } from '../../gateway/calls/refusals.ts';
import { Drains } from '../../gateway/records/drains.ts';
import { Retention } from '../../gateway/records/retention.ts';
import { openRecords, type OpenRecords } from '../../gateway/records/records.ts';
import { csvHeader, csvLines, readCsv } from '../../gateway/rooms/meeting-csv.ts';
import { openMeetings } from '../../gateway/rooms/meetings.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog, type LogLine } from '../support/quiet-log.ts';

const log: Log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), child: () => log };
let nowMs = Date.parse('2026-11-26T12:00:00Z');
const clock = { nowMs: () => nowMs++, monotonicMs: () => nowMs };

let folder: string;
let records: OpenRecords;

function call(id: string, more: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    tenant: 'default',
    direction: 'inbound',
    protocol: 'sip',
    from: 'sip:+493012345@carrier.example',
    to: 'sip:1000@gateway.example',
    routedFrom: '+493012345',
    routedTo: '1000',
    trunk: 'carrier',
    origin: { transport: 'udp', source: '192.0.2.10', verstat: 'passed', language: 'de-AT' },
    room: 'weekly',
    participant: 'PA_1',
    rule: 'meetings',
    attempts: 1,
    startedAt: '2026-11-26T12:00:00.000Z',
    answeredAt: '2026-11-26T12:00:01.000Z',
    endedAt: '2026-11-26T12:30:00.000Z',
    endReason: 'caller-hung-up',
    noVideo: { reason: 'no-common-codec', text: 'None of the video codecs is H264' },
    steps: [{ at: '2026-11-26T12:00:02.000Z', kind: 'choice', subject: '1', outcome: null }],
    trace: { plan: 'default.yaml', steps: [{ rule: 'meetings', matched: true, missed: null }] },
    media: {
      packetsReceived: 1,
      packetsSent: 2,
      packetsLost: 0,
      jitterMs: 1.5,
      rttMs: null,
      dropped: { stranger: 0, malformed: 0, payloadType: 0, digitFlood: 0, unauthentic: 0, replayed: 0 },
      codec: 'PCMU',
      encryption: 'srtp-sdes/AES_CM_128_HMAC_SHA1_80',
      video: null,
      publishedCodec: 'PCMU',
      quality: aQuality,
    },
    ...more,
  };
}

/** What holds on every database. `url` is asked for at run time, since a server may first have to start. */
function contract(url: () => string): void {
  const open = () => openRecords({ url: url(), dataFolder: folder, log });
  const openStore = (more: Partial<Parameters<typeof openMeetings>[0]> = {}): Promise<MeetingStore> =>
    openMeetings({ db: records.db, keysFile: join(folder, 'pin-keys.json'), clock, ...more });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'));
    records = await open();
    for (const table of ['calls', 'meeting_pins', 'meetings', 'pin_keys']) {
      await sql`delete from ${sql.table(table)}`.execute(records.db);
    }
  });

  afterEach(async () => {
    await records.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps which FreeSWITCHes are drained until they are taken back', async () => {
    const drains = new Drains(records.db);
    for (const server of ['10.0.0.5:8021', '10.0.0.5:8021', '10.0.0.6:8021']) await drains.set(server, true);
    await records.close();
    records = await open();
    const again = new Drains(records.db);
    expect([...(await again.list())].sort()).toEqual(['10.0.0.5:8021', '10.0.0.6:8021']);
    await again.set('10.0.0.5:8021', false);
    await again.set('nobody', false);
    expect(await again.list()).toEqual(['10.0.0.6:8021']);
    await again.set('10.0.0.6:8021', false);
  });

  describe('calls', () => {
    it('come back as they were kept', async () => {
      const full = call('a');
      const bare = call('b', {
        trunk: null,
        room: null,
        participant: null,
        rule: null,
        answeredAt: null,
        endReason: 'no-route',
        trace: null,
        noVideo: null,
        media: null,
        endedAt: '2026-11-26T12:00:02.000Z',
      });
      records.keepCall(full);
      records.keepCall(bare);
      await records.written();
      expect(await records.listCalls(10)).toEqual([full, bare]);
    });

    it('that were refused at the door come back with what they were told, and how many they were', async () => {
      const keep = (record: CallRecord) => records.keepCall(record);
      const refusals = new Refusals({ keep, clock, singly: { perSource: 1, inAll: 1 } });
      const refused = call('first', {
        ...{ room: null, participant: null, rule: null, answeredAt: null, media: null },
        endReason: 'bad-request',
        trace: { refused: { status: 420, text: 'Not supported here: x' } },
      });
      for (const id of ['first', 'second', 'third']) refusals.add({ ...refused, id }, '192.0.2.1');
      refusals.flush();
      await records.written();
      const [one, rest, ...more] = await records.listCalls(10);
      expect(one).toEqual(refused);
      expect(rest).toMatchObject({
        ...{ from: '', to: '', trunk: null, attempts: 2, endReason: 'bad-request' },
        trace: { refused: { attempts: 2, sources: { '192.0.2.1': 2 } } },
      });
      expect(more).toEqual([]);
    });

    it('are found by what is asked for, page by page', async () => {
      const at = (minute: number) => `2026-11-26T12:${String(minute).padStart(2, '0')}:00.000Z`;
      for (let n = 0; n < 30; n++) {
        const kind = { tenant: n % 2 === 0 ? 'acme' : 'default', to: n % 3 === 0 ? '2000' : '1000' };
        // Several end in the same moment.
        records.keepCall(call(`c${String(n).padStart(2, '0')}`, { ...kind, endedAt: at(Math.floor(n / 4)) }));
      }
      records.keepCall(call('other', { room: 'x', rule: 'y', endReason: 'no-route', endedAt: at(50) }));
      await records.written();
      const seen: string[] = [];
      let after: CallSearch['after'];
      for (;;) {
        const page = await records.findCalls({ after, limit: 7 });
        seen.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (last === undefined) break;
        after = { endedAt: last.endedAt, id: last.id };
      }
      expect(seen).toEqual([
        'other',
        ...Array.from({ length: 30 }, (_, n) => `c${String(29 - n).padStart(2, '0')}`),
      ]);
      const find = async (search: Partial<CallSearch>) =>
        (await records.findCalls({ limit: 100, ...search })).map(({ id }) => id);
      expect(await find({ tenant: 'acme', number: '2000' })).toEqual(['c24', 'c18', 'c12', 'c06', 'c00']);
      expect(await find({ reason: 'no-route' })).toEqual(['other']);
      expect(await find({ room: 'x' })).toEqual(['other']);
      expect(await find({ rule: 'y' })).toEqual(['other']);
      expect(await find({ from: at(6), to: at(7) })).toEqual(['c27', 'c26', 'c25', 'c24']);
      expect(await records.getCall('c07')).toMatchObject({ id: 'c07', tenant: 'default' });
      expect(await records.getCall('nothing')).toBeNull();
    });

    it('are removed when their time is over, however many they are', async () => {
      for (let n = 0; n < 1_100; n++)
        records.keepCall(call(`old-${n}`, { endedAt: '2026-08-01T12:00:00.000Z' }));
      records.keepCall(call('new'));
      await records.written();
      const given = {
        db: records.db,
        clock: { nowMs: () => Date.parse('2026-11-27'), monotonicMs: () => 0 },
        log,
      };
      const kept = new Retention({ ...given, keepDays: 365 });
      await kept.sweep();
      expect(await records.listCalls(1000)).toHaveLength(1000);
      const retention = new Retention({ ...given, keepDays: 90 });
      await retention.sweep();
      expect((await records.listCalls(1000)).map(({ id }) => id)).toEqual(['new']);
      await retention.close();
    });

    it('are listed at once, the latest first, as many as asked for', async () => {
      const at = (minute: number) => ({ endedAt: `2026-11-26T12:0${minute}:00.000Z` });
      for (const minute of [1, 3, 2]) records.keepCall(call(`c${minute}`, at(minute)));
      expect((await records.listCalls(2)).map(({ id }) => id)).toEqual(['c3', 'c2']);
      await records.written();
      expect((await records.listCalls(2)).map(({ id }) => id)).toEqual(['c3', 'c2']);
    });

    it('are written when the gateway closes, and are there after a new start', async () => {
      for (let i = 0; i < 250; i++) records.keepCall(call(`c${i}`));
      await records.close();
      await records.close();
      records = await open();
      expect(await records.listCalls(1000)).toHaveLength(250);
    });

    it('are kept once, however often they are written', async () => {
      records.keepCall(call('a'));
      await records.written();
      records.keepCall(call('a'));
      await records.written();
      expect(await records.listCalls(10)).toHaveLength(1);
    });

    it('survive what a hostile peer puts into its names', async () => {
      records.keepCall(call('a', { from: 'sip:\0"\';drop table calls--\ud800@x', trace: { x: '\0' } }));
      records.keepCall(call('b', { to: '😀'.repeat(5_000) }));
      await records.written();
      expect(records.queue()).toMatchObject({ waiting: 0, written: 2, lost: 0 });
      expect((await records.listCalls(10)).map(({ id }) => id).sort()).toEqual(['a', 'b']);
    });

    it('that the database refuses do not hold up the others', async () => {
      records.keepCall(call('a'));
      records.keepCall(call('bad', { startedAt: null as unknown as string }));
      records.keepCall(call('c'));
      await records.written();
      expect((await records.listCalls(10)).map(({ id }) => id)).toEqual(['c', 'a']);
      expect(records.status()).toMatchObject({ state: 'up', detail: '1 records are lost' });
    });
  });

  describe('meetings', () => {
    const wanted = { tenant: 'default', room: 'weekly', waitForHost: true, language: 'de' as const };
    const allOf = async (store: MeetingStore, tenant = 'default') =>
      (await store.list({ tenant, limit: 1000 })).meetings;
    const madeWithPins = async (store: MeetingStore) => {
      const { pins, ...made } = await store.create(wanted);
      return { ...made, pins: { host: pins.host, guest: String(pins.guest) } };
    };

    it('are found by either PIN, with the role that it gives', async () => {
      const store = await openStore();
      const meeting = await store.create(wanted);
      expect(meeting).toMatchObject(wanted);
      expect(meeting.pins.host).toMatch(/^\d{8}$/);
      expect(meeting.pins.guest).toMatch(/^\d{6}$/);
      expect(await store.findByPin('default', meeting.pins.host)).toEqual({
        found: true,
        meeting,
        role: 'host',
      });
      expect(await store.findByPin('default', String(meeting.pins.guest))).toEqual({
        found: true,
        meeting,
        role: 'guest',
      });
    });

    it('are not found by another tenant, another PIN, or garbage', async () => {
      const store = await openStore();
      const { pins } = await madeWithPins(store);
      const other = pins.guest === '271946' ? '271947' : '271946';
      for (const [tenant, pin] of [
        ['other', pins.host],
        ['default', other],
        ['default', ''],
        ['default', `${pins.guest} `],
        ['default', '9'.repeat(1000)],
        ['default', '\0'],
        [`default\0${pins.guest.slice(0, 1)}`, pins.guest.slice(1)],
      ]) {
        expect(await store.findByPin(tenant, pin)).toEqual({ found: false });
      }
    });

    it('are listed per tenant, found by room (the newest one) and by id, and removed with their PINs', async () => {
      const store = await openStore();
      const first = await store.create(wanted);
      const second = await store.create({ ...wanted, waitForHost: false, language: null });
      const foreign = await store.create({ ...wanted, tenant: 'other' });
      expect(await allOf(store)).toEqual([second, first]);
      expect(await store.findByRoom('default', 'weekly')).toEqual(second);
      expect(await store.findByRoom('default', 'Weekly')).toBeNull();
      expect(await store.get(foreign.id)).toEqual(foreign);
      expect(await store.get('nothing')).toBeNull();

      expect(await store.remove(second.id)).toBe(true);
      expect(await store.remove(second.id)).toBe(false);
      expect(await store.get(second.id)).toBeNull();
      expect(await store.findByPin('default', second.pins.host)).toEqual({ found: false });
      expect(await store.findByRoom('default', 'weekly')).toEqual(first);
    });

    it('never share a PIN within a tenant, even when they are made at the same time', async () => {
      const store = await openStore({ pinLengths: () => ({ host: 6, guest: 6 }) });
      const meetings = await Promise.all(Array.from({ length: 100 }, () => store.create(wanted)));
      const pins = meetings.flatMap(({ pins: { host, guest } }) => [host, guest]);
      expect(new Set(pins).size).toBe(200);
    });

    it('get other PINs when the first ones are taken, and a clear error when none is free', async () => {
      // Of one digit no PIN is allowed; of three few are, so that they run out within the test.
      const store = await openStore({ pinLengths: () => ({ host: 3, guest: 3 }) });
      const seen = new Set<string>();
      let full: unknown = null;
      while (full === null) {
        try {
          const { pins } = await store.create(wanted);
          for (const pin of [pins.host, String(pins.guest)]) {
            expect(seen.has(pin)).toBe(false);
            seen.add(pin);
          }
        } catch (error) {
          full = error;
        }
      }
      expect(full).toMatchObject({ code: 'PIN_SPACE_FULL', httpStatus: 507 });
      expect(seen.size).toBeGreaterThan(200);
      // A try that failed leaves nothing half made.
      expect(await allOf(store)).toHaveLength(seen.size / 2);
    });

    it('come back with all that was set, and as they were changed', async () => {
      const store = await openStore();
      const schedule = {
        startsAt: '2026-11-30T10:00',
        endsAt: '2026-11-30T11:00',
        zone: 'Europe/Berlin',
        recurrence: 'FREQ=WEEKLY;BYDAY=MO',
      };
      const full = await store.create({
        ...wanted,
        ...{ title: 'Jour fixe', number: '4711', locked: true, schedule, brand: 'acme' },
        ...{ maxParticipants: 5, maxMinutes: 90, pins: { host: '48215377', guest: null } },
      });
      expect(full).toMatchObject({ number: '4711', schedule, pins: { host: '48215377', guest: null } });
      expect(await store.get(full.id)).toEqual(full);
      expect(await store.findByNumber('default', '4711')).toEqual(full);
      expect(await store.findByNumber('other', '4711')).toBeNull();

      const change = { title: 'Neu', schedule: null, maxMinutes: null, renew: ['host', 'guest'] } as const;
      const next = await store.change(full.id, 1, change);
      expect(next).toMatchObject({
        title: 'Neu',
        locked: true,
        schedule: null,
        maxMinutes: null,
        version: 2,
      });
      expect(await store.get(full.id)).toEqual(next);
      expect(next?.pins.guest).toMatch(/^\d{6}$/);
      expect(await store.findByPin('default', '48215377')).toEqual({ found: false });
      expect(await store.findByPin('default', String(next?.pins.host))).toMatchObject({ role: 'host' });
      const again = await store.change(full.id, null, { pins: { guest: null } });
      expect(again?.pins).toEqual({ host: next?.pins.host, guest: null });
      expect(await store.change('nothing', null, { title: 'x' })).toBeNull();
    });

    it('are changed by one of two admins at once, and the other is told', async () => {
      const store = await openStore();
      const { id } = await store.create(wanted);
      const both = await Promise.allSettled([
        store.change(id, 1, { title: 'a', renew: ['host'] }),
        store.change(id, 1, { title: 'b', renew: ['host'] }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = both.find((one) => one.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'MEETING_CHANGED', httpStatus: 412 });
      await expect(store.remove(id, 1)).rejects.toMatchObject({ code: 'MEETING_CHANGED' });
      expect(await store.remove(id, 2)).toBe(true);
    });

    it('refuse a number or PIN that another one has, and change nothing then', async () => {
      const store = await openStore();
      const first = await store.create({ ...wanted, number: '4711', pins: { guest: '482153' } });
      const second = await store.create({ ...wanted, number: '4712' });
      for (const [wish, code] of [
        [{ number: '4711' }, 'MEETING_NUMBER_TAKEN'],
        [{ pins: { host: first.pins.host } }, 'PIN_TAKEN'],
        [{ pins: { guest: '482153' } }, 'PIN_TAKEN'],
      ] as const) {
        await expect(store.create({ ...wanted, ...wish })).rejects.toMatchObject({ code });
        await expect(store.change(second.id, null, { ...wish, title: 'x' })).rejects.toMatchObject({ code });
      }
      expect(await store.get(second.id)).toEqual(second);
      expect(await allOf(store)).toHaveLength(2);
      // Another tenant may have the same.
      await store.create({ ...wanted, tenant: 'other', number: '4711', pins: { guest: '482153' } });
    });

    it('are listed page by page, each once, and found by a part of title, room or number', async () => {
      const store = await openStore();
      for (let i = 0; i < 25; i++)
        await store.create({
          ...wanted,
          room: `r${i}`,
          title: i % 5 === 0 ? `Über_${i}%` : '',
          number: `90${i + 10}`,
        });
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page = await store.list({ tenant: 'default', limit: 10, ...(after !== null && { after }) });
        seen.push(...page.meetings.map(({ room }) => room));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `r${24 - i}`));
      const rooms = async (search: string) =>
        (await store.list({ tenant: 'default', limit: 100, search })).meetings.map(({ room }) => room);
      expect(await rooms('über_')).toEqual(['r20', 'r15', 'r10', 'r5', 'r0']);
      expect(await rooms('_2')).toEqual(['r20']);
      expect(await rooms('%')).toHaveLength(5);
      expect(await rooms('9034')).toEqual(['r24']);
      expect(await rooms('\\')).toEqual([]);
      expect((await store.list({ tenant: 'default', limit: 100, after: 'garbage' })).meetings).toHaveLength(
        25,
      );
    });

    it('say field by field what can’t be kept', async () => {
      const store = await openStore();
      const zone = 'Europe/Berlin';
      for (const [wish, field] of [
        [{ title: 'x'.repeat(201) }, 'title'],
        [{ brand: '../acme' }, 'brand'],
        [{ maxParticipants: 0 }, 'maxParticipants'],
        [{ maxMinutes: 1.5 }, 'maxMinutes'],
        [{ number: '12a' }, 'number'],
        [{ pins: { host: '12345678' } }, 'pins/host'],
        [{ pins: { guest: '4821' } }, 'pins/guest'],
        [{ pins: { host: '48215377', guest: '48215377' } }, 'pins/guest'],
        [
          { schedule: { startsAt: '2026-02-30T10:00', endsAt: '', zone, recurrence: null } },
          'schedule/startsAt',
        ],
      ] as const) {
        await expect(store.create({ ...wanted, ...wish })).rejects.toMatchObject({
          code: 'MEETING_INVALID',
          errors: [{ path: `/${field}` }],
        });
      }
      expect(await allOf(store)).toEqual([]);
    });

    it('come by the hundred, all or none, and leave and come back by a file', async () => {
      const store = await openStore();
      const savings = Array.from({ length: 120 }, (_, i) => ({ id: null, room: `r${i}`, title: `T${i}` }));
      expect(await store.saveAll('default', savings, true)).toEqual({ created: 120, changed: 0, faults: [] });
      expect(await allOf(store)).toEqual([]);
      const taken = [
        ...savings,
        { id: null, room: 'a', number: '4711' },
        { id: null, room: 'b', number: '4711' },
      ];
      expect(await store.saveAll('default', taken, false)).toMatchObject({
        faults: [{ index: 121, field: 'number' }],
      });
      const bad = [{ id: null }, { id: null, room: 'x', maxMinutes: 0 }, { id: null, room: 'ok' }];
      expect(await store.saveAll('default', bad, false)).toMatchObject({
        faults: [
          { index: 0, field: 'room' },
          { index: 1, field: 'maxMinutes' },
        ],
      });
      expect(await allOf(store)).toEqual([]);
      expect(await store.saveAll('default', savings, false)).toMatchObject({ created: 120 });
      const made = await allOf(store);
      const file = csvHeader() + csvLines(made);
      const { lines, faults } = readCsv(file.replace('T7,', 'Neu,'));
      expect(faults).toEqual([]);
      const again = lines.map(({ saving }) => saving);
      expect(await store.saveAll('default', again, false)).toMatchObject({ created: 0, changed: 120 });
      const now = await allOf(store);
      expect(now.map(({ pins }) => pins)).toEqual(made.map(({ pins }) => pins));
      expect(now.find(({ room }) => room === 'r7')?.title).toBe('Neu');
      expect(await store.saveAll('other', again.slice(0, 1), false)).toMatchObject({
        faults: [{ index: 0, field: 'id' }],
      });
    });

    it('are found while others are being imported, and those when all are in', async () => {
      const store = await openStore({ reader: records.reader });
      const { pins } = await madeWithPins(store);
      const order: string[] = [];
      const savings = Array.from({ length: 1000 }, (_, i) => ({
        ...{ id: null, room: `r${i}`, number: `${800_000 + i}` },
      }));
      const importing = store.saveAll('default', savings, false).then(() => order.push('imported'));
      const seen = new Set<boolean>();
      while (!order.includes('imported')) {
        expect(await store.findByPin('default', pins.host)).toMatchObject({ found: true });
        seen.add((await store.findByNumber('default', '800000')) === null);
        order.push('found');
        await nextTurn();
      }
      await importing;
      // Many, not one that was let through before it began.
      expect(order.indexOf('imported')).toBeGreaterThan(3);
      expect(seen).toContain(true);
      expect(await store.findByNumber('default', '800999')).not.toBeNull();
    });

    it('refuse a room name that LiveKit or a log could not bear', async () => {
      const store = await openStore();
      for (const room of ['', ' ', 'a\nb', 'x'.repeat(129)]) {
        await expect(store.create({ ...wanted, room })).rejects.toMatchObject({ code: 'MEETING_INVALID' });
      }
    });

    it('keep their PINs out of the database', async () => {
      const { pins } = await madeWithPins(await openStore());
      const { rows } = await sql<Record<string, unknown>>`select * from meeting_pins`.execute(records.db);
      expect(rows).toHaveLength(2);
      const stored = JSON.stringify(rows);
      for (const pin of [pins.host, pins.guest]) expect(stored).not.toContain(pin);
    });

    it('are still there with the same keys; other keys are refused in words', async () => {
      const meeting = await (await openStore()).create(wanted);
      expect(await (await openStore()).findByPin('default', meeting.pins.host)).toMatchObject({
        role: 'host',
      });
      const other = join(folder, 'other-keys.json');
      await expect(openStore({ keysFile: other })).rejects.toMatchObject({
        code: 'PIN_KEYS_UNUSABLE',
        message: expect.stringContaining('other-keys.json') as string,
      });
      // The refused gateway has left nothing behind that would stop the rightful one.
      expect(await (await openStore()).get(meeting.id)).toEqual(meeting);
    });

    it('whose PINs are all gone need no old keys', async () => {
      const store = await openStore();
      await store.remove((await store.create(wanted)).id);
      await expect(openStore({ keysFile: join(folder, 'other-keys.json') })).resolves.toBeDefined();
    });
  });

  it('says that it is up, and what it is', () => {
    expect(records.status()).toMatchObject({ state: 'up', pid: null });
    expect(records.status().version).toMatch(/^(sqlite|postgres) \d+\./);
  });
}

describe('SQLite', () => {
  contract(() => '');

  it('is readable by its owner only, and so are the keys', async () => {
    await openMeetings({ db: records.db, keysFile: join(folder, 'pin-keys.json'), clock });
    for (const name of ['gateway.db', 'gateway.db-wal', 'gateway.db-shm', 'pin-keys.json']) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(records.status()).toMatchObject({ embedded: true });
  });

  it('writes ahead, so that a reader never blocks the gateway', async () => {
    const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(records.db);
    expect(rows[0].journal_mode).toBe('wal');
  });

  it('that can’t be opened ends the start with the file’s name', async () => {
    const dataFolder = join(folder, 'gateway.db');
    await expect(openRecords({ url: '', dataFolder, log })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining(dataFolder) as string,
    });
  });

  it('that finds its disk full says so, keeps what was confirmed, and goes on when there is room', async () => {
    const store = await openMeetings({ db: records.db, keysFile: join(folder, 'pin-keys.json'), clock });
    const wanted = { tenant: 'default', room: 'r', title: 'x'.repeat(200) };
    const first = await store.create(wanted);
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(records.db);
    await sql`pragma max_page_count = ${sql.lit(rows[0].page_count)}`.execute(records.db);
    const fill = async (): Promise<void> => {
      for (;;) await store.create(wanted);
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'MEETINGS_UNAVAILABLE',
      httpStatus: 503,
      message: expect.stringContaining('disk is full') as string,
    });
    records.keepCall(call('a', { trace: 'x'.repeat(9000) }));
    await vi.waitFor(() => expect(records.status()).toMatchObject({ state: 'down' }));
    expect(records.status().detail).toContain('1 records wait');
    expect(await store.findByPin('default', first.pins.host)).toMatchObject({ found: true });
    await sql`pragma max_page_count = 1000000`.execute(records.db);
    await records.written();
    expect(records.status()).toMatchObject({ state: 'up' });
    expect((await records.listCalls(9)).map(({ id }) => id)).toEqual(['a']);
    await store.create(wanted);
  });

  it('keeps no PIN in its files', async () => {
    const store = await openMeetings({ db: records.db, keysFile: join(folder, 'pin-keys.json'), clock });
    const { pins } = await store.create({ tenant: 't', room: 'r', waitForHost: false, language: null });
    await records.close();
    const bytes = await readFile(join(folder, 'gateway.db'), 'latin1');
    for (const pin of [pins.host, String(pins.guest)]) expect(bytes).not.toContain(pin);
  });
});

describeWith([missingForPostgres()], 'PostgreSQL', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  contract(() => postgres.url);

  it('that is away at the start is told of in words, without the password', async () => {
    const url = 'postgres://gateway:secret@127.0.0.1:1/postgres';
    const lines: LogLine[] = [];
    const away = await openRecords({ url, dataFolder: folder, log: quietLog(lines) });
    const said = JSON.stringify([away.status(), lines]);
    expect(said).toContain('can’t be reached');
    expect(said).not.toContain('secret');
    await away.close();
  });

  it('that goes away loses no record: they wait, and are written when it is back', async ({ skip }) => {
    if (!postgres.managed) skip('this PostgreSQL is not ours to stop');
    await postgres.kill();
    records.keepCall(call('a'));
    records.keepCall(call('b'));
    await vi.waitFor(() => expect(records.status()).toMatchObject({ state: 'down' }), { timeout: 10_000 });
    expect(records.status().detail).toContain('2 records wait');
    await expect(records.listCalls(10)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      httpStatus: 503,
    });

    await postgres.restart();
    await records.written();
    expect(records.status()).toMatchObject({ state: 'up', embedded: false });
    expect((await records.listCalls(10)).map(({ id }) => id)).toEqual(['b', 'a']);
  });
});
