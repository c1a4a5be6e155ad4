import { expect, test } from 'vitest';
import { MappedAddresses, canonicalAddress, isSpecified } from '../../../../mcu/rtp/addresses.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:0207', '192.0.2.7'],
  ['2001:DB8:0::0007', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is compared as %s', (address, canonical) => {
  expect(canonicalAddress(address)).toBe(canonical);
});

test('a socket of both families is given IPv4 mapped, and what it tells is plain', () => {
  const mapped = new MappedAddresses();
  for (const address of ['192.0.2.7', '2001:db8::7', '192.0.2.7', '198.51.100.1', '::1']) {
    const wire = mapped.toSocket(address);
    expect(wire).toBe(address.includes(':') ? address : `::ffff:${address}`);
    expect(mapped.fromSocket(wire)).toBe(address);
  }
});

test('0.0.0.0 and :: are places of nobody', () => {
  expect(['0.0.0.0', '::', '::1', '192.0.2.7'].map(isSpecified)).toEqual([false, false, true, true]);
});
