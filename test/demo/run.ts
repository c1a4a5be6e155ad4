/** The demo: everything is started, one call is made, and what came of it becomes a report. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../support/audio.ts';
import { missingForRoomSystem } from '../support/baresip-room-system.ts';
import { mixesFreeSwitch } from '../support/chosen-parts.ts';
import startChosenServers from '../support/chosen-servers.ts';
import { startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { RTC_RATE_HZ } from '../support/rtc-participant.ts';
import { Baresip } from './baresip.ts';
import { NUMBER, ROOM, joinAsPerson, makeCall, speeches } from './call.ts';
import type { CallFacts } from './call.ts';
import { checksOf, roomSystemChecks } from './checks.ts';
import { isRecognised, recognise } from './recognise.ts';
import type { DemoReport, Recording, Speech, Time } from './report.ts';
import { callFromRoomSystem, startRoomSystem } from './room-system.ts';
import type { RoomSystemFacts } from './room-system.ts';
import type { LadderMessage } from './sip-trace.ts';
import { PHONE_RATE_HZ, activeSpeechDb, resample } from './sound.ts';

/** For the phone: a number that Germany’s regulator keeps for films. */
const CALLER = '493023125001';
const pictureFiles = {
  pinScreen: 'room-system-pin.png',
  room: 'room-system-saw.png',
  seen: 'browser-saw.png',
} as const;
const DEADLINE_MS = 120_000;

export interface Demo {
  readonly report: DemoReport;
  readonly phoneHeard: Int16Array;
  readonly browserHeard: Int16Array;
  /** PNG; null: no room system dialled in. */
  readonly pictures: Pictures | null;
}

export interface Pictures {
  readonly pinScreen: Buffer;
  readonly room: Buffer;
  readonly seen: Buffer;
}

/**
 * Runs all of it on free loopback ports and leaves nothing running. `folder` gets the recordings and the pictures, `say`
 * a line for each step. Rejects when something could not be done at all, when `signal` aborts, and after 120 s.
 */
export async function runDemo(
  folder: string,
  say: (line: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Demo> {
  const startedAt = new Date();
  const scratch = await mkdtemp(join(tmpdir(), 'gateway-demo-'));
  const stage = new Stage(AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]));
  try {
    const performance = await stage.untilStopped(perform(scratch, stage, say));
    say('compares what was heard with what was said');
    const sound = await listen(folder, performance.facts);
    const pictures = await keepPictures(folder, performance.roomSystem);
    const report = reportOf(startedAt, performance, sound);
    return { report, phoneHeard: sound.phone.samples, browserHeard: sound.browser.samples, pictures };
  } finally {
    await stage.clear();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What stands on it is cleared away in reverse, also what was still coming when it had to stop. */
class Stage {
  readonly #signal: AbortSignal;
  readonly #standing: (() => Promise<unknown>)[] = [];

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async open<T extends { close(): Promise<unknown> }>(opening: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    const coming = opening();
    this.#standing.push(async () => (await coming).close());
    return coming;
  }

  untilStopped<T>(work: Promise<T>): Promise<T> {
    const stopped = new Promise<never>((_resolve, reject) => {
      this.#signal.addEventListener('abort', () => reject(this.#signal.reason as Error), { once: true });
    });
    return Promise.race([work, stopped]);
  }

  async clear(): Promise<void> {
    // Nothing left to report to: whoever failed has said so already.
    for (const close of this.#standing.reverse()) await close().catch(() => undefined);
  }
}

interface Performance {
  readonly gateway: TestGateway;
  readonly phone: Baresip;
  readonly facts: CallFacts;
  readonly roomSystem: RoomSystemFacts | null;
}

async function perform(scratch: string, stage: Stage, say: (line: string) => void): Promise<Performance> {
  say('starts LiveKit, the SIP edge, a media node and the gateway');
  await stage.open(() => startChosenServers().then((close) => ({ close })));
  // Whoever mixes: a room system does not look at itself.
  const options = ['--log.level', 'warn', '--video.ownPicture', 'left-out'];
  const gateway = await stage.open(() => startTestGateway(options));
  const ada = await stage.open(() => joinAsPerson(gateway, 'Ada'));
  say(`Ada joins the room “${ROOM}” by WebRTC`);
  const phone = await stage.open(() => Baresip.start(join(scratch, 'baresip'), CALLER));
  const facts = await makeCall(gateway, ada, phone, say);
  const missing = missingForRoomSystem();
  if (missing !== null) {
    say(`no room system dials in: ${missing}`);
    return { gateway, phone, facts, roomSystem: null };
  }
  const grace = await stage.open(() => joinAsPerson(gateway, 'Grace'));
  const system = await stage.open(() => startRoomSystem(join(scratch, 'room-system')));
  const roomSystem = await callFromRoomSystem(
    gateway,
    // FreeSWITCH puts those who came at once as it likes.
    { ada, grace, inOrder: !mixesFreeSwitch() },
    system,
    say,
  );
  return { gateway, phone, facts, roomSystem };
}

async function keepPictures(folder: string, facts: RoomSystemFacts | null): Promise<Pictures | null> {
  if (!facts) return null;
  const { pinScreen, room, seen } = facts;
  const pictures = {
    pinScreen: pinScreen.picture.toPng(),
    room: room.picture.toPng(),
    seen: seen.toPng(),
  };
  await writeFile(join(folder, pictureFiles.pinScreen), pictures.pinScreen);
  await writeFile(join(folder, pictureFiles.room), pictures.room);
  await writeFile(join(folder, pictureFiles.seen), pictures.seen);
  return pictures;
}

interface Heard {
  readonly samples: Int16Array;
  readonly recording: Recording;
}

async function listen(folder: string, facts: CallFacts): Promise<{ phone: Heard; browser: Heard }> {
  await mkdir(folder, { recursive: true });
  const { ada, phone } = speeches();
  const joined = Math.round(facts.joinedSeconds * PHONE_RATE_HZ);
  const fromRoom = facts.phoneHeard;
  const fromPhone = resample({ samples: facts.browserHeard, rateHz: RTC_RATE_HZ }, PHONE_RATE_HZ);
  const keep = (file: string, samples: Int16Array, speeches: Recording['speeches']): Heard => {
    writeWav(join(folder, file), samples, PHONE_RATE_HZ);
    return { samples, recording: { file, seconds: samples.length / PHONE_RATE_HZ, speeches } };
  };
  return {
    // Before the join there are prompts: nobody could be heard.
    phone: keep('phone-heard.wav', fromRoom, [
      look(fromRoom, joined, ada, 'Ada', true),
      look(fromRoom, joined, phone, 'the phone', false),
    ]),
    browser: keep('browser-heard.wav', fromPhone, [
      look(fromPhone, 0, phone, 'the phone', true),
      look(fromPhone, 0, ada, 'Ada', false),
    ]),
  };
}

function look(
  recording: Int16Array,
  from: number,
  speech: Int16Array,
  whose: Speech['whose'],
  wanted: boolean,
): Speech {
  const part = recording.subarray(from);
  const { correlation, inPlace, atSeconds } = recognise(part, speech, PHONE_RATE_HZ);
  const at = Math.max(0, Math.round(atSeconds * PHONE_RATE_HZ));
  const found = isRecognised({ correlation, inPlace })
    ? {
        atSeconds: from / PHONE_RATE_HZ + atSeconds,
        seconds: speech.length / PHONE_RATE_HZ,
        activeDb: activeSpeechDb(part.subarray(at, at + speech.length), PHONE_RATE_HZ),
      }
    : null;
  return { whose, wanted, correlation, inPlace, found };
}

function reportOf(
  startedAt: Date,
  { gateway, phone, facts, roomSystem }: Performance,
  sound: { phone: Heard; browser: Heard },
): DemoReport {
  const { messages } = phone.printOut.trace;
  const begin = messages[0]?.atMs ?? 0;
  const ladder = messages.map((message) => ({ ...message, atMs: message.atMs - begin }));
  const { recording: phoneHeard } = sound.phone;
  const { recording: browserHeard } = sound.browser;
  const { rooms } = gateway.facts.status();
  return {
    startedAt: startedAt.toISOString(),
    tookSeconds: (Date.now() - startedAt.getTime()) / 1000,
    parts: {
      gateway: `interop-gateway, Node ${process.versions.node}`,
      livekit: rooms.version === null ? 'LiveKit' : `livekit-server ${rooms.version}`,
      phone: `baresip ${phone.printOut.version}`,
      browser: '@livekit/rtc-node',
    },
    call: {
      from: CALLER,
      to: NUMBER,
      room: ROOM,
      participant: facts.participant.identity,
      codec: facts.view.media?.codec ?? '',
      publishedCodec: facts.view.media?.publishedCodec ?? '',
    },
    ladder,
    events: eventsOf(begin, facts),
    times: [...timesOf(ladder, begin, facts), ...(roomSystem ? roomSystemTimes(roomSystem) : [])],
    phoneHeard,
    browserHeard,
    roomSystem: roomSystem && pictureFiles,
    roomSystemMissing: roomSystem ? null : missingForRoomSystem(),
    checks: [
      ...checksOf(ladder, facts, phoneHeard, browserHeard),
      ...(roomSystem ? roomSystemChecks(roomSystem) : []),
    ],
  };
}

function eventsOf(begin: number, facts: CallFacts): DemoReport['events'] {
  return [
    ...(facts.rtpAtMs === null ? [] : [{ atMs: facts.rtpAtMs - begin, text: 'first RTP at the phone' }]),
    { atMs: facts.lastKeyAtMs - begin, text: 'PIN typed, RFC 4733' },
    { atMs: facts.visibleAtMs - begin, text: 'in the room: people see the caller' },
    { atMs: facts.trackHeardAtMs - begin, text: 'people hear the caller’s track' },
  ];
}

function timesOf(ladder: readonly LadderMessage[], begin: number, facts: CallFacts): Time[] {
  const answers = ['100 Trying', '180 Ringing', '200 OK'].flatMap((title) => {
    const message = ladder.find((one) => one.title === title);
    return message ? [{ from: 'INVITE', to: title, ms: message.atMs }] : [];
  });
  const rtp =
    facts.rtpAtMs === null
      ? []
      : [{ from: 'INVITE', to: 'first RTP at the phone', ms: facts.rtpAtMs - begin }];
  return [
    ...answers,
    ...rtp,
    { from: 'last key of the PIN', to: 'people see the caller', ms: facts.visibleAtMs - facts.lastKeyAtMs },
    {
      from: 'last key of the PIN',
      to: 'people hear the caller’s track',
      ms: facts.trackHeardAtMs - facts.lastKeyAtMs,
    },
  ];
}

function roomSystemTimes({ firstPictureMs, roomMs }: RoomSystemFacts): Time[] {
  return [
    { from: 'the room system’s INVITE', to: 'its screen asks for the PIN', ms: firstPictureMs },
    { from: 'last key of its PIN', to: 'it sees the room', ms: roomMs },
  ];
}
