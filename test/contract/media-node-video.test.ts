/** Room systems on a media node: real processes, real codecs and UDP, a fake SFU. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FakeSfu } from '../fakes/sfu.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import { embeddedTest } from '../support/engine-under-test.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf, descendants } from '../support/process-tree.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { VideoCaller } from '../support/node-under-test.ts';
import { testVideo } from '../support/test-video.ts';
import { until } from '../support/until.ts';
import { videoConfig } from '../support/video-peer.ts';
import { TestCamera } from '../support/video-ends.ts';
import type { CameraInput } from '../support/video-ends.ts';

describeWith([ffmpegMissing], 'a media node’s video', () => {
  let on: NodeUnderTest;
  let sfu: FakeSfu;
  const red = () => testVideo({ colour: 'red', width: 1280, height: 720 });
  const blue = () => testVideo({ colour: 'blue' });

  beforeAll(async () => {
    on = await NodeUnderTest.open({ restoreWithinMs: 40_000 });
    ({ sfu } = on);
  });
  afterEach(() => on.clear());
  afterAll(() => on.close());

  const screen = { width: 1280, height: 720 };
  const sees = ({ video }: VideoCaller, colour: string): Promise<void> => video.sees(colour, screen);

  async function killNode(): Promise<void> {
    await on.standsBy('media node');
    const { pid } = on.node.status();
    process.kill(pid ?? 0, 'SIGKILL');
    await until('the process is gone', () => on.node.status().pid !== pid);
  }

  it('shows two room systems to each other, from a key frame on, and the room sees both', async () => {
    const a = await on.videoCallIntoRoom('two', red());
    const b = await on.videoCallIntoRoom('two', blue());
    a.video.film();
    b.video.film();
    await sees(a, 'blue');
    await sees(b, 'red');
    expect(a.video.frames[0].keyFrame).toBe(true);
    expect(b.video.isInSequence).toBe(true);
    const camera = await until('the room gets the camera', () => sfu.publisher(a.identity)?.camera);
    await until('its packets come', () => camera.packets.length > 30);
    expect(camera).toMatchObject({ codec: 'H264', size: screen, muted: false });
    const stats = await a.leg.stats();
    expect(stats.video).toMatchObject({
      received: { codec: 'H264', ...screen, packetsLost: 0 },
      sent: { profile: { codec: 'H264', ...screen } },
      encryption: 'none',
      published: { codec: 'H264', transcoded: false },
    });
    expect(stats.video?.sent?.packets).toBeGreaterThan(10);
  });

  it('answers PLI by a key frame and NACK by the same packet, and passes the SFU’s wishes on', async () => {
    const a = await on.videoCallIntoRoom('asks', red());
    const b = await on.videoCallIntoRoom('asks', blue());
    a.video.film();
    b.video.film();
    await sees(a, 'blue');
    const before = (await a.leg.stats()).video?.sent;
    const { keyFrames } = a.video;
    a.video.requestKeyFrame();
    await until('a key frame comes', () => a.video.keyFrames > keyFrames);
    const lost = a.video.packets.at(-1) ?? Buffer.alloc(12);
    a.video.miss(lost.readUInt16BE(2));
    await until(
      'the packet comes again',
      () => a.video.packets.filter((one) => one.equals(lost)).length === 2,
    );
    await until('the camera is published', () => sfu.publisher(b.identity)?.camera);
    const asked = b.video.asked.filter((ask) => ask === 'pli').length;
    sfu.wantKeyFrame(b.identity);
    await until('the device is asked', () => b.video.asked.filter((ask) => ask === 'pli').length > asked);
    const keyFramesAsked = (before?.keyFramesAsked ?? 0) + 1;
    expect((await a.leg.stats()).video?.sent).toMatchObject({ resent: 1, keyFramesAsked });
  });

  it('sends NAL units that fit into a packet each to a device of packetization-mode 0', async () => {
    const { h264 } = videoConfig();
    const a = await on.videoCallIntoRoom(
      'single',
      red(),
      h264 && { h264: { ...h264, packetizationMode: 0 } },
    );
    const b = await on.videoCallIntoRoom('single', testVideo({ colour: 'blue', noise: 20 }));
    a.video.film();
    b.video.film();
    await until('a large frame comes', () => a.video.frames.some(({ data }) => data.length > 10_000), 20_000);
    const payloads = a.video.packets.map((packet) => packet.subarray(12));
    expect(payloads.filter((payload) => (payload[0] & 0x1f) > 23)).toEqual([]);
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(1200);
  });

  it.each(['H263', 'H263-1998'] as const)('shows a room to a device that takes %s only', async (codec) => {
    const cif = { width: 352, height: 288 };
    const video = { ...testVideo({ codec: 'H263', ...cif }), codec };
    const a = await on.videoCallIntoRoom(codec, video, { h263: { qcifInterval: 1, cifInterval: 1 } });
    const b = await on.videoCallIntoRoom(codec, blue());
    a.video.film();
    b.video.film();
    await until(
      'blue is seen',
      async () => {
        const picture = await a.video.now(cif.width, cif.height);
        return [0.25, 0.75].some((x) => picture?.colourAt(x, 0.5) === 'blue');
      },
      20_000,
    );
  });

  it('asks a device for what got lost, and tells it how much the room needs', async () => {
    const a = await on.videoCallIntoRoom('lost', red());
    a.video.loses = (index) => index % 20 === 19;
    a.video.film();
    await until('lost packets are asked for', () => a.video.asked.some((ask) => ask.startsWith('nack')));
    await until('a limit is told', () => a.video.asked.some((ask) => ask.startsWith('tmmbr')));
  });

  it('tells when a device’s way carries a smaller picture only, and when it carries all of it again', async () => {
    const a = await on.videoCallIntoRoom('narrow', red());
    const told: boolean[] = [];
    a.leg.on('videoLimited', (limited) => told.push(limited));
    await a.leg.show({ title: 'narrow', lines: [], digits: null });
    await until('a picture comes', () => a.video.frames.length > 0);
    a.video.limit(400_000);
    await until('it is told', () => told.length === 1);
    a.video.limit(8_000_000);
    await until('it is told again', () => told.length === 2);
    expect(told).toEqual([true, false]);
  });

  it('shows browsers’ cameras, at the layer that their tile needs, and asks for their key frames', async () => {
    sfu.enter('browsers', 'anna');
    const track = sfu.show('browsers', 'anna', 'VP8');
    const a = await on.videoCallIntoRoom('browsers', red());
    const watcher = await until('the track is taken', () =>
      [...sfu.watchers.values()].find(({ gone, taken }) => !gone && taken.has(track)),
    );
    await until('its size is told', () => watcher.shown.has(track));
    const way: CameraInput = {
      write: (packet) => sfu.sendRtp(track, packet),
      onKeyFrameNeeded: null,
      close: () => undefined,
    };
    const browser = new TestCamera(way, testVideo({ codec: 'VP8', colour: 'lime' }));
    browser.onWay = (packet) => {
      if (watcher.keyFramesAsked.splice(0).length > 0) way.onKeyFrameNeeded?.();
      return packet;
    };
    try {
      await sees(a, 'lime');
      expect(browser.keyFramesAsked).toBeGreaterThan(0);
    } finally {
      browser.close();
    }
  });

  /** A caller whose screen hides the room that it has joined, and somebody who is in there. */
  async function lobby(room: string): Promise<readonly [VideoCaller, VideoCaller]> {
    const a = await on.videoCall(red());
    await a.leg.show({ title: 'Welcome', lines: ['Type the PIN'], digits: 2 });
    await until('a picture comes', () => a.video.frames.length > 0);
    const b = await on.videoCallIntoRoom(room, blue());
    b.video.film();
    await a.leg.join({ room, identity: a.identity, publish: 'auto' });
    a.video.film();
    await until('browsers get both', () =>
      [a, b].every(({ identity }) => (sfu.publisher(identity)?.camera?.packets.length ?? 0) > 30),
    );
    expect((await a.video.now(screen.width, screen.height))?.colourAt(0.5, 0.5)).not.toBe('blue');
    return [a, b];
  }

  it('shows a screen instead of the room in the lobby, and a banner over it later', async () => {
    const [a, b] = await lobby('lobby');
    await a.leg.show(null);
    await a.leg.hear('room');
    await a.leg.setBanner('You are muted');
    await sees(a, 'blue');
    await sees(b, 'red');
  });

  embeddedTest('whoever sees a screen of FreeSWITCH’s sits alone there')(
    'shows the room who is there and still sees a screen',
    async () => {
      const [a, b] = await lobby('hidden');
      await sees(b, 'red');
      expect((await a.video.now(screen.width, screen.height))?.colourAt(0.5, 0.5)).not.toBe('blue');
    },
  );

  it('takes a device that sends nothing but video for no silent one', async () => {
    const short = await NodeUnderTest.open({ silenceSeconds: 1 });
    try {
      const a = await short.videoCall(red());
      const told: string[] = [];
      a.leg.on('silent', () => told.push('silent'));
      a.video.film();
      await until('video went for longer than that', () => a.video.framesSent > 75);
      expect(told).toEqual([]);
      a.video.pause();
      await until('a silent one is told', () => told.length > 0);
    } finally {
      await short.clear();
      await short.close();
    }
  });

  it('has the camera off while the device sends nothing, and sends nothing to a held call', async () => {
    const a = await on.videoCallIntoRoom('off', red());
    a.video.film();
    const camera = await until('the room gets the camera', () => sfu.publisher(a.identity)?.camera);
    await until('it is on', () => camera.packets.length > 0 && !camera.muted);
    a.video.pause();
    await until('it is off', () => camera.muted);
    a.video.film();
    await until('it is on again', () => !camera.muted);
    const video = a.video.config({ direction: 'inactive' });
    await a.leg.configure({ ...a.config, direction: 'inactive', video });
    await until('it is taken out', () => sfu.publisher(a.identity)?.camera === null);
    const { length } = a.video.packets;
    await a.leg.stats();
    expect(a.video.packets.length - length).toBeLessThan(20);
    await a.leg.configure(a.config);
    await until('it is there again', () => sfu.publisher(a.identity)?.camera);
    await until('a picture comes again', () => a.video.packets.length > length + 20);
  });

  it('keeps a camera that a host muted out of the room, over the node’s death too, and tells of it', async () => {
    const a = await on.videoCallIntoRoom('muted', red());
    const told: boolean[] = [];
    a.leg.on('cameraMutedByHost', (muted) => told.push(muted));
    a.video.film();
    const camera = await until('the room gets the camera', () => sfu.publisher(a.identity)?.camera);
    await until('it is on', () => camera.packets.length > 10);
    sfu.muteCamera(a.identity, true);
    await until('it is told', () => told.length === 1);
    await killNode();
    const again = await until('the room has the camera again', () => {
      const now = sfu.publisher(a.identity)?.camera;
      return now !== camera && now;
    });
    await until('it is muted', () => again.muted);
    expect(again.packets).toEqual([]);
    sfu.muteCamera(a.identity, false);
    await until('it is on again', () => again.packets.length > 10);
    expect(told).toEqual([true, false]);
  });

  embeddedTest('FreeSWITCH’s death: media-node-freeswitch.test.ts')(
    'has its pictures back from a key frame on when their process is killed, and all else goes on',
    async () => {
      const [a, b] = [
        await on.videoCallIntoRoom('pictures', red()),
        await on.videoCallIntoRoom('pictures', blue()),
      ];
      a.video.film();
      b.video.film();
      await sees(a, 'blue');
      await sees(b, 'red');
      const { pid } = on.node.status();
      const publishers = () => [a, b].map(({ identity }) => sfu.publisher(identity));
      const [inRoom, cameras] = [publishers(), publishers().map((one) => one?.camera)];
      // The younger one stands by.
      const [atWork] = descendants(pid ?? 0).filter((one) => commandOf(one).includes('/pictures/'));
      process.kill(atWork, 'SIGKILL');
      await until('it is gone', () => !descendants(pid ?? 0).includes(atWork));
      a.video.frames.length = 0;
      await until('a key frame comes', () => a.video.frames.some(({ keyFrame }) => keyFrame), 20_000);
      await sees(a, 'blue');
      await sees(b, 'red');
      expect(a.video.isInSequence).toBe(true);
      expect(on.node.status().pid).toBe(pid);
      for (const [at, now] of publishers().entries()) expect(now).toBe(inRoom[at]);
      for (const camera of cameras) {
        const sent = camera?.packets.length ?? 0;
        await until('the room goes on getting it', () => (camera?.packets.length ?? 0) > sent + 10);
      }
      expect([...a.told, ...b.told]).toEqual([]);
    },
  );

  it('goes on after the node’s process died: the same ports, new streams, the same look', async () => {
    const a = await on.videoCallIntoRoom('dies', red());
    const b = await on.videoCallIntoRoom('dies', blue());
    a.video.film();
    b.video.film();
    await sees(a, 'blue');
    await sees(b, 'red');
    const before = a.video.ssrc;
    const cameras = [a, b].map(({ identity }) => sfu.publisher(identity)?.camera);
    await killNode();
    await until('another stream comes', () => a.video.ssrc !== before, 20_000);
    a.video.frames.length = 0;
    a.video.requestKeyFrame();
    await sees(a, 'blue');
    for (const [at, { identity }] of [a, b].entries())
      await until('the room has the camera again', () => {
        const now = sfu.publisher(identity)?.camera;
        return now !== cameras[at] && (now?.packets.length ?? 0) > 10;
      });
    expect((await a.leg.stats()).video?.sent?.packets).toBeGreaterThan(0);
  });
});
