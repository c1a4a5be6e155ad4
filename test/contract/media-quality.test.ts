/** What a media node measures of its callers' sound, with its two real processes and real UDP. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RemoteLeg } from '../../mcu/control/remote-leg.ts';
import type { LegQuality } from '../../mcu/ports.ts';
import { readVoipMetrics } from '../../mcu/quality/xr.ts';
import type { VoipMetrics } from '../../mcu/quality/xr.ts';
import { buildReport } from '../../mcu/rtp/rtcp.ts';
import { decodeLaw, tone } from '../support/audio.ts';
import { embeddedTest } from '../support/engine-under-test.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import { babble } from '../support/speech.ts';
import { until } from '../support/until.ts';

let on: NodeUnderTest;
/** What the engine makes of the packets; the node's own figures are in media-node.test.ts too. */
const engineTest = embeddedTest('FreeSWITCH tells nothing of what it plays');

beforeAll(async () => {
  on = await NodeUnderTest.open({ sound: {}, logLevel: 'info' });
});
afterEach(() => on.clear());
afterAll(() => on.close());

async function qualityOf(leg: RemoteLeg): Promise<LegQuality> {
  const { quality } = await leg.stats();
  if (!quality) throw new Error('no quality');
  return quality;
}

async function heardFrom(leg: RemoteLeg, packets: number): Promise<LegQuality> {
  await until(
    `${packets} packets`,
    async () => (await leg.stats()).packetsReceived >= packets,
    (packets / 50) * 1000 + 10_000,
  );
  return qualityOf(leg);
}

engineTest(
  'loss, bursts and jitter on the way are shown, and lower the score; a clean way has a good one',
  async () => {
    const bad = await on.callIntoRoom('bad-line');
    const good = await on.callIntoRoom('bad-line');
    let sent = 0;
    bad.phone.way = (_packet, send) => {
      const place = sent++ % 100;
      // Five in a row, and one that stands alone.
      if ((place >= 40 && place < 45) || place === 80) return;
      setTimeout(send, (place % 7) * 4);
    };
    bad.phone.speak((from) => tone(440, 8000, 160, from));
    good.phone.speak((from) => tone(1000, 8000, 160, from));
    const [{ received }, { received: clean }] = await Promise.all([
      heardFrom(bad.leg, 480),
      heardFrom(good.leg, 480),
    ]);
    expect(received.lossPercent).toBeGreaterThan(4.5);
    expect(received.lossPercent).toBeLessThan(7);
    expect(received.burst).toMatchObject({ burstLossPercent: 100, burstMs: 100 });
    expect(received.burst?.gapLossPercent).toBeGreaterThan(0.5);
    expect(received.burst?.gapLossPercent).toBeLessThan(1.6);
    expect(received.jitterMs).toBeGreaterThan(2);
    expect(received.jitterMaxMs).toBeGreaterThanOrEqual(received.jitterMs ?? Infinity);
    expect(received.concealedMs).toBeGreaterThan(200);
    expect(received.playoutDelayMs).toBeGreaterThan(0);

    expect(clean).toMatchObject({ lossPercent: 0, clippedMs: 0, echoReturnLossDb: null });
    expect(clean.mos).toBeGreaterThan(4.2);
    expect(received.mos).toBeLessThan((clean.mos ?? 0) - 0.5);
  },
  40_000,
);

test('what a phone reports of our voice is shown, and a phone that asks for VoIP metrics gets them', async () => {
  const { phone, leg } = await on.callIntoRoom('reports', 'PCMU', { voipMetrics: true });
  phone.speak((from) => tone(440, 8000, 160, from));
  expect((await qualityOf(leg)).sent).toMatchObject({ reportedBy: 'nothing', lossPercent: null, mos: null });

  const got = await until('VoIP metrics', () => phone.reports.flatMap(metricsIn).at(-1), 10_000);
  expect(got).toMatchObject({ ssrc: phone.ssrc, lossPercent: 0, gmin: 16 });
  expect(got.endSystemMs).toBeGreaterThanOrEqual(20);

  const { packetsSent } = await leg.stats();
  const ssrc = phone.packets[0].ssrc;
  const reception = {
    ssrc,
    fractionLost: 12,
    extendedHighest: 1,
    jitter: 64,
    lastSr: 0,
    delaySinceLastSr: 0,
  };
  const report = {
    ssrc: phone.ssrc,
    cname: 'phone',
    sender: null,
    reception: { ...reception, lost: packetsSent / 10 },
  };
  phone.sendRtcp(buildReport(report));
  const plain = await until('the report', async () => {
    const { sent } = await qualityOf(leg);
    return sent.reportedBy === 'rr' && sent;
  });
  expect(plain.lossPercent).toBeGreaterThan(7);
  expect(plain.lossPercent).toBeLessThan(11);
  expect(plain.jitterMs).toBe(8);
  expect(plain.mos).toBeLessThan(4);

  phone.sendRtcp(
    buildReport({ ...report, voipMetrics: { ...got, ssrc, burstLossPercent: 50, rFactor: 61, mosLq: 3.1 } }),
  );
  const full = await until('the extended report', async () => {
    const { sent } = await qualityOf(leg);
    return sent.reportedBy === 'xr' && sent;
  });
  expect(full.burst?.burstLossPercent).toBe(50);
  expect(full.peer).toMatchObject({ rFactor: 61, mosLq: 3.1 });

  const silentPeer = await on.callIntoRoom('reports');
  silentPeer.phone.speak((from) => tone(440, 8000, 160, from));
  await until('a plain report', () => silentPeer.phone.reports[0], 10_000);
  expect(silentPeer.phone.reports.flatMap(metricsIn)).toEqual([]);
}, 40_000);

engineTest(
  'a phone that gives back what it hears is told from one that doesn’t, and a clipped voice is counted',
  async () => {
    const speaker = await on.callIntoRoom('echo');
    const echoing = await on.callIntoRoom('echo');
    const decent = await on.callIntoRoom('echo');
    speaker.phone.speak(babble(440, 1));
    decent.phone.speak(babble(700, 2));
    echoing.phone.speak((from) => {
      if (from < 50 * 160) return new Int16Array(160).fill(from % 320 === 0 ? 32_767 : -32_768);
      const heard = echoing.phone.packets.at(-6);
      return heard ? decodeLaw('PCMU', heard.payload).map((sample) => sample / 4) : new Int16Array(160);
    });
    const { received } = await until(
      'the echo is found',
      async () => {
        const quality = await qualityOf(echoing.leg);
        return quality.received.echoReturnLossDb !== null && quality;
      },
      30_000,
    );
    expect(received.echoReturnLossDb).toBeGreaterThan(9);
    expect(received.echoReturnLossDb).toBeLessThan(15);
    expect(received.echoDelayMs).toBeGreaterThanOrEqual(100);
    expect(received.echoDelayMs).toBeLessThanOrEqual(300);
    expect(received.clippedMs).toBeGreaterThan(800);
    expect(received.clippedMs).toBeLessThanOrEqual(1100);
    for (const { leg } of [speaker, decent]) {
      const { received: own } = await qualityOf(leg);
      expect(own).toMatchObject({ echoReturnLossDb: null, echoDelayMs: null, clippedMs: 0 });
    }
  },
  60_000,
);

engineTest(
  'an engine that is killed takes nothing of what it told with it',
  async () => {
    const { phone, leg } = await on.callIntoRoom('crash');
    let sent = 0;
    phone.way = (_packet, send) => {
      if (sent++ % 10 !== 0) send();
    };
    phone.speak((from) => tone(440, 8000, 160, from));
    const before = await heardFrom(leg, 100);
    expect(before.received.concealedMs).toBeGreaterThan(100);
    const { pid } = on.node.status().engine;
    process.kill(pid ?? 0, 'SIGKILL');
    await until(
      'the engine is back',
      () => on.node.status().engine.pid !== pid && on.node.status().engine.state === 'up',
    );
    const after = await until('the next engine plays', async () => {
      const { received } = await qualityOf(leg);
      return received.playoutDelayMs !== null && received;
    });
    expect(after.concealedMs).toBeGreaterThanOrEqual(before.received.concealedMs);
  },
  40_000,
);

/** The VoIP metrics of all XR packets in a compound one. */
function metricsIn(compound: Buffer): VoipMetrics[] {
  const found: VoipMetrics[] = [];
  for (let at = 0; at + 4 <= compound.length; at += (compound.readUInt16BE(at + 2) + 1) * 4) {
    const end = at + (compound.readUInt16BE(at + 2) + 1) * 4;
    if (compound[at + 1] === 207) readVoipMetrics(compound, at, end, (metrics) => found.push(metrics));
  }
  return found;
}
