import { expect, test } from 'vitest';
import { originAllowed } from '../../../../../../gateway/sip/edge/transport/origins.ts';

const phone = 'https://phone.example';

test.each([
  ['a program that is no browser', undefined, '192.0.2.1:7443', [], true],
  ['a page of the address that it calls', 'https://192.0.2.1:8080', '192.0.2.1:7443', [], true],
  ['… over IPv6', 'http://[::1]:8080', '[::1]:5066', [], true],
  ['a page of this machine', 'http://localhost:3000', 'localhost:5066', [], true],
  ['a page of elsewhere', 'https://evil.example', '192.0.2.1:7443', [], false],
  ['a name that was made to lead here', 'https://evil.example', 'evil.example:7443', [], false],
  ['a page without an origin', 'null', '192.0.2.1:7443', [], false],
  ['one that is listed', phone, 'gateway.example', [phone], true],
  ['… with its port written', 'https://phone.example:443', 'gateway.example', [phone], true],
  ['… by another scheme', 'http://phone.example', 'gateway.example', [phone], false],
  ['what was allowed before there was a list', 'https://192.0.2.1', '192.0.2.1', [phone], false],
  ['anybody', 'https://evil.example', 'gateway.example', ['*'], true],
])('%s', (_what, origin, host, listed, allowed) => {
  expect(originAllowed(origin, host, listed)).toBe(allowed);
});
