import { describe, expect, it } from 'vitest';
import { parseBlock } from '../../../dialplans/blocks.ts';
import { findTrunk, indexTrunks, type Trunk } from '../../../dialplans/trunks.ts';

const trunk = (name: string, sources: string[], tls = false): Trunk => ({
  name,
  sources,
  tls,
  srtp: 'off',
  video: true,
});

describe('findTrunk', () => {
  const index = indexTrunks([
    trunk('all', ['0.0.0.0/0']),
    trunk('net', ['192.0.2.0/24', '2001:db8::/32']),
    trunk('host', ['192.0.2.7', '2001:db8::7']),
    trunk('secure', ['192.0.2.8', '198.51.100.1'], true),
    trunk('plain', ['198.51.100.1']),
  ]);
  const find = (address: string, transport = 'udp') => findTrunk(index, address, transport)?.name ?? null;

  it('takes the most specific block', () => {
    expect(find('192.0.2.7')).toBe('host');
    expect(find('192.0.2.6')).toBe('net');
    expect(find('203.0.113.1')).toBe('all');
    expect(find('2001:db8::7')).toBe('host');
    expect(find('2001:db8:ffff::1')).toBe('net');
    expect(find('2001:db9::1')).toBeNull();
  });

  it('knows an IPv4 address in IPv6 notation, and one with a zone', () => {
    expect(find('::ffff:192.0.2.7')).toBe('host');
    expect(find('::FFFF:c000:0207')).toBe('host');
    expect(find('2001:db8:0:0::7%eth0')).toBe('host');
  });

  it('takes a trunk that demands TLS only over TLS', () => {
    expect(find('192.0.2.8', 'tls')).toBe('secure');
    expect(find('192.0.2.8', 'tcp')).toBe('net');
    expect(find('198.51.100.1', 'tls')).toBe('secure');
    expect(find('198.51.100.1', 'udp')).toBe('plain');
    expect(find('192.0.2.7', 'tls')).toBe('host');
  });

  it('takes a trunk that demands a certificate only with one of its names', () => {
    const certified = {
      ...trunk('certified', ['192.0.2.8']),
      certificate: ['Carrier.example', 'sbc.example'],
    };
    const mutual = indexTrunks([
      trunk('net', ['192.0.2.0/24']),
      certified,
      trunk('secure', ['192.0.2.8'], true),
    ]);
    const name = (transport: string, names: string[]) =>
      findTrunk(mutual, '192.0.2.8', transport, names)?.name;
    expect(name('tls', ['carrier.example'])).toBe('certified');
    expect(name('tls', ['other.example', 'sbc.example'])).toBe('certified');
    expect(name('tls', ['other.example'])).toBe('secure');
    expect(name('tls', [])).toBe('secure');
    expect(name('tcp', ['carrier.example'])).toBe('net');
  });

  it.each(['', 'carrier.example', '1.2.3', '1.2.3.4:5060', ':::', '%', '1.2.3.4%0'])(
    'knows no trunk for %j',
    (address) => {
      if (address !== '1.2.3.4%0') expect(find(address)).toBeNull();
      else expect(() => find(address)).not.toThrow();
    },
  );
});

describe('parseBlock', () => {
  it.each([
    '192.0.2.1',
    '192.0.2.0/24',
    '0.0.0.0/0',
    '10.0.0.0/8',
    '::/0',
    '::1',
    '2001:db8::/32',
    '::ffff:1.2.3.4',
  ])('takes %s', (text) => expect(parseBlock(text)).toBeTypeOf('object'));
  it.each([
    '',
    '/',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/24',
    '::1/129',
    '::1/64',
    '1.2.3.4/8/8',
    'fe80::1%eth0',
    '01.2.3.4',
    '1.2.3.4/-1',
    'host',
  ])('refuses %s', (text) => expect(parseBlock(text)).toBeTypeOf('string'));
});
