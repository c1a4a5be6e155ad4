import { describe, expect, it } from 'vitest';
import { announcedAddress, withAddress } from '../../../../gateway/sip/media-address.ts';
import type { LegMediaConfig } from '../../../../gateway/ports.ts';

describe('the address in our SDP', () => {
  const facts = {
    configured: [] as string[],
    bound: '0.0.0.0',
    receivedOn: '192.0.2.1:5060',
    peer: '192.0.2.20',
  };

  it('is the configured one, then the bound one, then the one the caller reached', () => {
    expect(announcedAddress({ ...facts, configured: ['198.51.100.7'] })).toBe('198.51.100.7');
    expect(announcedAddress({ ...facts, bound: '10.0.0.5' })).toBe('10.0.0.5');
    expect(announcedAddress(facts)).toBe('192.0.2.1');
    expect(
      announcedAddress({ ...facts, bound: '::', receivedOn: '[2001:db8::1]:5060', peer: '2001:db8::9' }),
    ).toBe('2001:db8::1');
  });

  it('is of the caller’s family', () => {
    const both = { ...facts, bound: '::', configured: ['198.51.100.7', '2001:db8::7'] };
    expect(announcedAddress({ ...both, peer: '2001:db8::9' })).toBe('2001:db8::7');
    expect(announcedAddress({ ...both, peer: '192.0.2.20' })).toBe('198.51.100.7');
    const one = { ...both, configured: ['198.51.100.7'], receivedOn: '[2001:db8::1]:5060' };
    expect(announcedAddress({ ...one, peer: '2001:db8::9' })).toBe('2001:db8::1');
    expect(announcedAddress({ ...one, bound: '10.0.0.5', peer: '2001:db8::9' })).toBe('198.51.100.7');
  });

  it('is never "all addresses" for a caller on this machine', () => {
    expect(announcedAddress({ ...facts, receivedOn: '0.0.0.0:5060', peer: '127.0.0.1' })).toBe('127.0.0.1');
    expect(announcedAddress({ ...facts, bound: '::', receivedOn: undefined, peer: '::1' })).toBe('::1');
  });
});

describe('a host name in c=', () => {
  const media: LegMediaConfig = {
    codec: 'PCMU',
    payloadType: 0,
    dtmfPayloadTypes: [],
    ptimeMs: 20,
    remote: { address: 'media.example.net', rtpPort: 4000, rtcpPort: 4001 },
    direction: 'sendrecv',
  };

  it('is resolved in our family', async () => {
    const asked: unknown[] = [];
    const resolve = (host: string, family: 4 | 6) => {
      asked.push([host, family]);
      return Promise.resolve('192.0.2.9');
    };
    const config = await withAddress(media, { local: '10.0.0.1', peer: '10.0.0.9' }, resolve, 100);
    expect(config?.remote).toEqual({ address: '192.0.2.9', rtpPort: 4000, rtcpPort: 4001 });
    expect(asked).toEqual([['media.example.net', 4]]);
  });

  it('is given up after the deadline', async () => {
    const never = () => new Promise<string | null>(() => undefined);
    expect(await withAddress(media, { local: '10.0.0.1', peer: '10.0.0.9' }, never, 5)).toBeNull();
  });

  it('of the other family gives way to where the call came from', async () => {
    const literal = { ...media, remote: { ...media.remote, address: 'fd00::2' } };
    const ends = { local: '127.0.0.1', peer: '127.0.0.1' };
    const nobody = () => Promise.resolve(null);
    const config = await withAddress(literal, ends, nobody, 100);
    expect(config?.remote).toEqual({ address: '127.0.0.1', rtpPort: 4000, rtcpPort: 4001 });
  });
});
