/** What one caller hears of another through a bad network: real processes and UDP; only the SFU is a fake. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMediaNode } from '../../mcu/control/client.ts';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import { FakeSfu } from '../fakes/sfu.ts';
import { tone, toneDb } from '../support/audio.ts';
import { gaps, seeded } from '../support/network-path.ts';
import { Phone } from '../support/phone.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

const spokenDb = 20 * Math.log10(8000 / 32_768);
const prompts = mkdtempSync(join(tmpdir(), 'prompts-'));
let sfu: FakeSfu;
let node: MediaNodeClient;

beforeAll(async () => {
  sfu = await FakeSfu.open();
  node = await startMediaNode({
    id: 'node-1',
    host: '127.0.0.1',
    publicIp: '',
    rtpPortMin: 32_000,
    rtpPortMax: 32_999,
    promptFolder: prompts,
    silenceSeconds: 30,
    sound: { levelling: false },
    logLevel: 'warn',
    access: (room, who) => sfu.access(room, who),
    log: quietLog([]),
    module: new URL('../fakes/media-node-main.ts', import.meta.url),
  });
});

afterAll(async () => {
  await node.close();
  sfu.close();
  rmSync(prompts, { recursive: true });
});

async function callIntoRoom(name: string) {
  const phone = await Phone.open('PCMU');
  const leg = await node.openLeg(name);
  phone.dial(leg.local);
  await leg.configure({
    codec: 'PCMU',
    payloadType: 0,
    dtmfPayloadTypes: [],
    ptimeMs: 20,
    remote: phone.remote,
    direction: 'sendrecv',
  });
  await leg.join({ room: 'network', identity: `sip_${name}`, publish: 'auto' });
  await leg.hear('room');
  return { phone, leg };
}

test('5 % loss, 40 ms of jitter that reorders, and duplicates: heard at its level and without a gap', async () => {
  const [speaker, listener] = [await callIntoRoom('speaker'), await callIntoRoom('listener')];
  const random = seeded(5);
  speaker.phone.way = (_, send) => {
    if (random() < 0.05) return;
    setTimeout(send, random() * 40);
    if (random() < 0.05) setTimeout(send, random() * 40);
  };
  speaker.phone.speak((from) => tone(440, 8000, 160, from));
  const heard = (ms: number) => listener.phone.heard(ms);
  await until('the tone is heard', () => Math.abs(toneDb(heard(400), 440) - spokenDb) < 3);
  const from = listener.phone.packets.length;
  await until('six seconds of it', () => listener.phone.packets.length > from + 300, 15_000);
  // Three packets lost in a row are rare, and fall silent only after 60 ms.
  expect(gaps(heard(6000), 8000, 15, 300)).toBeLessThanOrEqual(3);
  const levels = Array.from({ length: 15 }, (_, i) =>
    toneDb(heard(6000).subarray(i * 3200, i * 3200 + 3200), 440),
  );
  const near = levels.filter((db) => Math.abs(db - spokenDb) < 4);
  expect(near.length).toBeGreaterThanOrEqual(12);
  for (const { phone, leg } of [speaker, listener]) {
    phone.close();
    await leg.close();
  }
});
