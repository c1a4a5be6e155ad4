/** The network test's proof once more, with the kernel's bad network instead of the sender's. */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWav } from '../../mcu/prompts/wav.ts';
import { BadNetwork, missingForBadNetwork, nearAddress } from '../support/bad-network.ts';
import { speechIn } from '../support/codec-phone.ts';
import { delayOf, likeness } from '../support/network-path.ts';
import { describeWith } from '../support/needs.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import { sendOnTime } from '../support/send-on-time.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForBadNetwork()],
  'speech through tc netem',
  () => {
    const network = new BadNetwork();
    const socket = createSocket('udp4');
    let on: NodeUnderTest;
    // The network first: nothing else removes its namespace, whatever becomes of the rest.
    const closers: (() => unknown)[] = [() => network.close(), () => socket.close()];

    beforeAll(async () => {
      network.open(['netem', 'delay', '60ms', '20ms', 'loss', '3%', 'reorder', '5%', 'duplicate', '1%']);
      on = await NodeUnderTest.open({ host: nearAddress, sound: { levelling: false, comfortNoise: false } });
      closers.push(
        () => on.clear(),
        () => on.close(),
      );
    });
    afterAll(async () => {
      for (const close of closers) await close();
    });

    test('3 % loss, 20 ms of jitter, reordering and duplicates: understood', async () => {
      const said = readWav(readFileSync('test/fixtures/speech/phone.wav'), 'phone.wav').samples;
      const { phone: listener } = await on.codecCallIntoRoom('netem', 'PCMU');
      // Nobody listens there: the hop would send what it got back. The node follows the first packet.
      const remote = { address: network.address, rtpPort: network.port + 2, rtcpPort: network.port + 3 };
      const speaker = await on.codecCallIntoRoom('netem', 'PCMA', { remote });
      await network.leadTo(speaker.leg.local.rtpPort);
      const sends = speaker.phone.packetsOf(said).map((packet, index) => ({
        atMs: index * 20,
        send: () => socket.send(packet, network.port, network.address),
      }));
      await sendOnTime(sends);
      const end = listener.phone.packets.length + 50;
      await until('a second more was heard', () => listener.phone.packets.length >= end, 20_000);
      const heard = speechIn('PCMU', listener.phone.packets);
      expect(likeness(said, heard, 8000, delayOf(said, heard, 8000), 250)).toBeGreaterThan(0.85);
    });
  },
  { elective: true },
);
