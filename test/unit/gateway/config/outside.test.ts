import { expect, it } from 'vitest';
import { inUri, nearAddress, outsideAddress } from '../../../../gateway/config/outside.ts';

it('tells people the public address, else the bound one', () => {
  expect(outsideAddress({ host: '0.0.0.0', publicIp: '203.0.113.5' })).toBe('203.0.113.5');
  expect(outsideAddress({ host: '192.0.2.10', publicIp: '' })).toBe('192.0.2.10');
});

it('never tells people “all addresses”', () => {
  expect(outsideAddress({ host: '0.0.0.0', publicIp: '' })).not.toMatch(/^0\.|:/);
  expect(outsideAddress({ host: '::', publicIp: '' })).toMatch(/:.*[0-9a-f]$/);
  expect(nearAddress('0.0.0.0')).toBe('127.0.0.1');
  expect(nearAddress('::')).toBe('::1');
  expect(nearAddress('192.0.2.10')).toBe('192.0.2.10');
});

it('writes IPv6 addresses in URIs as they have to be', () => {
  expect(inUri('2001:db8::1')).toBe('[2001:db8::1]');
  expect(inUri('192.0.2.10')).toBe('192.0.2.10');
});
