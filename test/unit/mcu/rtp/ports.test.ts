import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { PortPool } from '../../../../mcu/rtp/ports.ts';
import type { PortPair } from '../../../../mcu/rtp/ports.ts';

test('hands out even and odd pairs, skips taken ports, gives none back at once', async () => {
  const taken = createSocket('udp4');
  taken.bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const min = taken.address().port - (taken.address().port % 2);
  let nowMs = 0;
  const pool = new PortPool({ host: '127.0.0.1', min, max: min + 9 }, () => nowMs);
  const pairs: PortPair[] = [];
  try {
    await expect(
      (async () => {
        for (;;) pairs.push(await pool.allocate());
      })(),
    ).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
    expect(pairs.length).toBeGreaterThan(0);
    for (const { rtpPort, rtcpPort } of pairs) {
      expect(rtpPort % 2).toBe(0);
      expect(rtcpPort).toBe(rtpPort + 1);
      expect(rtpPort).not.toBe(min);
    }
    const [{ rtpPort }] = pairs;
    pairs.shift()?.close();
    await expect(pool.allocate()).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
    nowMs = 60_000;
    const again = await pool.allocate();
    pairs.push(again);
    expect(again.rtpPort).toBe(rtpPort);
  } finally {
    for (const pair of pairs) pair.close();
    taken.close();
  }
});
