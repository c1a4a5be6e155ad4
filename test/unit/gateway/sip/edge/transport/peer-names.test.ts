import { expect, test } from 'vitest';
import { certifiedNames, certifies } from '../../../../../../gateway/sip/edge/transport/peer-names.ts';

test.each([
  ['sip URIs before DNS names', 'URI:sip:A.example, DNS:b.example', ['a.example']],
  ['DNS names without them', 'DNS:B.example, URI:https://a.example', ['b.example']],
  ['a URI with a user names a person', 'URI:sip:alice@a.example, DNS:b.example', ['b.example']],
  ['no wildcards', 'DNS:*.b.example', []],
  ['addresses', 'DNS:b.example, IP Address:192.0.2.1', ['b.example', '192.0.2.1']],
  ['nothing', undefined, []],
  // As Node.js writes a DNS name of "a.example, DNS:bank.example" (CVE-2021-44532).
  ['a name made to look like two', 'DNS:"a.example\\u002c DNS:bank.example"', []],
])('RFC 5922 §7.1: %s', (_what, given, names) => {
  expect(certifiedNames(given)).toEqual(names);
});

test('a name counts whole, in whatever case (RFC 5922 §7.2)', () => {
  expect(certifies(['a.example'], 'A.Example')).toBe(true);
  expect(certifies(['a.example'], 'sub.a.example')).toBe(false);
  expect(certifies(['sub.a.example'], 'a.example')).toBe(false);
  expect(certifies(['2001:db8:0:0:0:0:0:1'], '2001:DB8::1')).toBe(true);
});
