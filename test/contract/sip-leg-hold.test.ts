import { describe, expect, it } from 'vitest';
import { gateway } from '../support/clause.ts';
import { offer, useLegs, versionOf } from '../support/legs.ts';
import type { OfferTraits } from '../support/legs.ts';

const bench = useLegs();

/** What each way to hold is answered with. Our media leg passes a stream on only when it goes both ways. */
const holds: readonly (readonly [string, OfferTraits, 'recvonly' | 'inactive'])[] = [
  ['sendonly', { direction: 'sendonly' }, 'recvonly'],
  ['inactive', { direction: 'inactive' }, 'inactive'],
  ['the address 0.0.0.0, as in RFC 2543', { address: '0.0.0.0' }, 'recvonly'],
  ['0.0.0.0 and sendonly', { address: '0.0.0.0', direction: 'sendonly' }, 'recvonly'],
  ['0.0.0.0 and inactive', { address: '0.0.0.0', direction: 'inactive' }, 'inactive'],
  ['the address :: of IPv6', { address: '::' }, 'recvonly'],
];

describe('a hold', () => {
  it.each(holds)('by %s stops all that we send', gateway('RFC 3264 §8.4'), async (_name, traits, answer) => {
    const { mediaLeg, ok } = await bench.talking();
    const held = await bench.again(offer(traits));
    expect(held.status).toBe(200);
    expect(held.body).toContain(`a=${answer}\r\n`);
    // A hold is no refusal: the line stays, with our port.
    expect(/^m=.*/m.exec(held.body)?.[0]).toBe(/^m=.*/m.exec(ok.body)?.[0]);
    expect(mediaLeg.config?.direction).toBe(answer);
  });

  it.each(holds)('by %s is over with a plain re-INVITE', gateway('RFC 3264 §8.4'), async (_name, traits) => {
    const { mediaLeg } = await bench.talking();
    await bench.again(offer(traits));
    const resumed = await bench.again(offer().replace('a=sendrecv\r\n', ''));
    expect(resumed.body).toContain('a=sendrecv\r\n');
    expect(mediaLeg.config).toMatchObject({
      direction: 'sendrecv',
      remote: { address: '127.0.0.1', rtpPort: 6000 },
    });
  });

  it('names no address that RTCP could go to', gateway('RFC 3264 §8.4'), async () => {
    const { mediaLeg } = await bench.talking();
    for (const address of ['0.0.0.0', '::']) {
      await bench.again(offer({ address }));
      expect(['0.0.0.0', '::']).toContain(mediaLeg.config?.remote.address);
    }
  });

  it('stays with the whole session when the direction stands there', gateway('RFC 8866 §6.7'), async () => {
    const { mediaLeg } = await bench.talking();
    const body = offer().replace('a=sendrecv\r\n', '').replace('t=0 0\r\n', 't=0 0\r\na=inactive\r\n');
    expect((await bench.again(body)).body).toContain('a=inactive\r\n');
    expect(mediaLeg.config?.direction).toBe('inactive');
  });

  it('is over when we offer, and the answer says so', gateway('RFC 6337 §5.3'), async () => {
    const { mediaLeg } = await bench.talking();
    await bench.again(offer({ direction: 'sendonly' }));
    const ours = await bench.caller.ask('INVITE');
    // Not the direction that the hold left us: the peer could never resume by this.
    expect(ours.body).toContain('a=sendrecv\r\n');
    bench.caller.send('ACK', { body: offer() });
    await expect.poll(() => mediaLeg.config?.direction).toBe('sendrecv');
  });

  it('holds on when the answer to our offer says so', gateway('RFC 6337 §5.3'), async () => {
    const { mediaLeg } = await bench.talking();
    await bench.again(offer({ direction: 'sendonly' }));
    await bench.caller.ask('INVITE');
    bench.caller.send('ACK', { body: offer({ direction: 'sendonly', port: 7000 }) });
    await expect.poll(() => mediaLeg.config?.remote.rtpPort).toBe(7000);
    expect(mediaLeg.config?.direction).toBe('recvonly');
  });

  it('may be there from the start', gateway('RFC 3264 §6.1'), async () => {
    const { ok, mediaLeg } = await bench.talking(offer({ direction: 'sendonly' }));
    expect(ok.body).toContain('a=recvonly\r\n');
    expect(mediaLeg.config?.direction).toBe('recvonly');
    await bench.again(offer());
    expect(mediaLeg.config?.direction).toBe('sendrecv');
  });

  it('by UPDATE counts as much', gateway('RFC 3311 §5.1'), async () => {
    const { mediaLeg } = await bench.talking();
    const held = await bench.caller.ask('UPDATE', { body: offer({ direction: 'sendonly' }) });
    expect(held.body).toContain('a=recvonly\r\n');
    expect(mediaLeg.config?.direction).toBe('recvonly');
  });

  it('and its end each raise our version by one', gateway('RFC 3264 §8'), async () => {
    const { ok } = await bench.talking();
    const first = versionOf(ok.body);
    const versions = [];
    for (const direction of ['sendonly', 'sendonly', 'inactive', 'sendrecv'])
      versions.push(versionOf((await bench.again(offer({ direction }))).body) - first);
    expect(versions).toEqual([1, 1, 2, 3]);
  });
});
