/**
 * Makes docs/pictures/freeswitch-*.png: what baresip decodes of a room that FreeSWITCH composes.
 * `node --import tsx test/demo/freeswitch-pictures.ts`, with FREESWITCH_BIN or FreeSWITCH on PATH.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { camera } from '../pictures/cameras.ts';
import { startFreeSwitch } from '../support/freeswitch.ts';
import { startTestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { joinAsPerson, ROOM } from './call.ts';
import { askingScreen, firstLike, startRoomSystem, typePin } from './room-system.ts';

const pictures = join(import.meta.dirname, '../../docs/pictures');
/** Everybody is there, named, and decoded. */
const settleMs = 6000;

const open: { close(): Promise<unknown> }[] = [];
const folder = await mkdtemp(join(tmpdir(), 'freeswitch-pictures-'));
try {
  const mixer = await startFreeSwitch();
  open.push(mixer);
  const gateway = await startTestGateway([
    ...['--log.level', 'warn', '--mixing.engine', 'freeswitch', '--freeswitch.secret', mixer.secret],
    ...['--freeswitch.host', `${mixer.host}:${mixer.port}`],
  ]);
  open.push(gateway);
  const { pins } = await gateway.meeting(ROOM);
  for (const [i, name] of ['Ada Lovelace', '山田 太郎', 'محمد الخوارزمي', 'Łukasz Żółć'].entries()) {
    const person = await joinAsPerson(gateway, name);
    open.push(person);
    await person.publishPicture(camera(i));
    if (i < 2) await person.publishTone(300, i === 1 ? 8000 : 0);
  }
  const system = await startRoomSystem(join(folder, 'baresip'));
  open.push(system);
  const keep = async (name: string): Promise<void> => {
    await pause(settleMs);
    await writeFile(join(pictures, `freeswitch-${name}.png`), (await system.look()).toPng());
  };
  system.baresip.dial(`sip:1000@127.0.0.1:${gateway.sipPort}`);
  await firstLike(system, askingScreen);
  await writeFile(join(pictures, 'freeswitch-pin.png'), (await system.look()).toPng());
  await typePin(system, pins.guest);
  await until('it is in the room', async () => (await gateway.calls())[0]?.state === 'in-room', 20_000);
  await keep('grid');
  for (const key of '*8*8') {
    system.baresip.press(key);
    await pause(200);
  }
  await keep('speaker');
} finally {
  for (const one of open.reverse()) await one.close();
  await rm(folder, { recursive: true, force: true });
}
