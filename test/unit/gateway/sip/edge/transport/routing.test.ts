import { describe, expect, test } from 'vitest';
import { newRequest, responseTo } from '../../../../../../gateway/sip/edge/message/build.ts';
import { parseVia } from '../../../../../../gateway/sip/edge/message/via.ts';
import {
  responseDestination,
  stampVia,
  viaFor,
} from '../../../../../../gateway/sip/edge/transport/routing.ts';
import type { Peer } from '../../../../../../gateway/sip/edge/transport/types.ts';

const udp: Peer = { transport: 'udp', address: '203.0.113.9', port: 40_000 };
const tcp: Peer = { transport: 'tcp', address: '203.0.113.9', port: 40_000, connection: 'tcp-1' };

/** The Via as it is stamped, and where the response goes. */
function route(via: string, from: Peer): { via: string | undefined; to: Peer } {
  const request = newRequest('OPTIONS', 'sip:g', [['Via', via]]);
  stampVia(request, from);
  return { via: request.headers.get('Via'), to: responseDestination(responseTo(request, 200), from) };
}

describe('requests are stamped, and responses follow the stamp', () => {
  test('rport: to the very port it came from (RFC 3581 §4)', () => {
    const { via, to } = route('SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z', udp);
    expect(via).toBe('SIP/2.0/UDP 10.0.0.1:5062;rport=40000;branch=z;received=203.0.113.9');
    expect(to).toEqual(udp);
  });

  test('without rport: to the port in Via (RFC 3261 §18.2.2)', () => {
    const { via, to } = route('SIP/2.0/UDP phone.example:5062;branch=z', udp);
    expect(via).toBe('SIP/2.0/UDP phone.example:5062;branch=z;received=203.0.113.9');
    expect(to).toEqual({ ...udp, port: 5062 });
  });

  test('neither port nor rport: to 5060', () => {
    const { via, to } = route('SIP/2.0/UDP 203.0.113.9;branch=z', udp);
    expect(via).toBe('SIP/2.0/UDP 203.0.113.9;branch=z');
    expect(to).toEqual({ ...udp, port: 5060 });
  });

  test('what the sender claims to have been received from does not count', () => {
    const { via, to } = route('SIP/2.0/UDP 203.0.113.9:40000;received=192.0.2.66;rport=7;branch=z', udp);
    expect(via).toBe('SIP/2.0/UDP 203.0.113.9:40000;rport=40000;branch=z;received=203.0.113.9');
    expect(to).toEqual(udp);
  });

  test('maddr counts for multicast only', () => {
    expect(route('SIP/2.0/UDP h;maddr=224.2.0.1;branch=z', udp).to.address).toBe('224.2.0.1');
    expect(route('SIP/2.0/UDP h;maddr=evil.example;branch=z', udp).to.address).toBe('203.0.113.9');
    expect(route('SIP/2.0/UDP h;maddr=192.0.2.66;branch=z', udp).to.address).toBe('203.0.113.9');
  });

  test('TCP: the connection, and where to open one when it is gone', () => {
    expect(route('SIP/2.0/TCP phone.example:5070;branch=z', tcp).to).toEqual({ ...tcp, port: 5070 });
    expect(route('SIP/2.0/TCP 203.0.113.9;branch=z', tcp).to).toEqual({ ...tcp, port: 5060 });
  });

  test('only the top Via is touched', () => {
    const request = newRequest('OPTIONS', 'sip:g', [
      ['Via', 'SIP/2.0/UDP a;branch=z1, SIP/2.0/UDP b;branch=z2'],
    ]);
    stampVia(request, udp);
    expect(request.headers.getAll('Via')[1]).toBe('SIP/2.0/UDP b;branch=z2');
  });

  test('a Via that can’t be read: back to where the request came from', () => {
    const request = newRequest('OPTIONS', 'sip:g', [['Via', 'SIP/2.0/UDP h;;']]);
    expect(() => stampVia(request, udp)).toThrow('Via');
    expect(responseDestination(responseTo(request, 400), udp)).toEqual(udp);
  });
});

test('a Via of ours asks for symmetric answers', () => {
  expect(viaFor({ address: '2001:db8::1', port: 5070 }, 'tcp', 'z9hG4bKx')).toBe(
    'SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bKx;rport',
  );
  expect(parseVia(viaFor({ address: '192.0.2.1', port: 5060 }, 'udp', 'b')).port).toBeUndefined();
});
