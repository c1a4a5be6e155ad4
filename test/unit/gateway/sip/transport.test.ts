import { expect, test } from 'vitest';
import { certifiedNames, transportOf } from '../../../../gateway/sip/transport.ts';

const hostports =
  'udp/192.0.2.1:5060,tcp/192.0.2.1:5060,tls/[2001:db8::1]:5061,ws/192.0.2.1:5066,wss/192.0.2.1:7443';

test.each([
  ['udp', '192.0.2.1:5060', 'udp'],
  ['tcp', '192.0.2.1:5060', 'tcp'],
  ['tls', '2001:db8::1:5061', 'tls'],
  ['tcp', '192.0.2.1:5066', 'ws'],
  ['tcp', '10.0.0.1:7443', 'wss'],
  // In a dialog a server does not say where; and one that says nothing of what it listens on.
  ['tcp', undefined, 'tcp'],
  ['TCP', '192.0.2.1:9999', 'tcp'],
])('drachtio’s %s at %s is %s', (protocol, receivedOn, transport) => {
  const req = { protocol, ...(receivedOn === undefined ? {} : { receivedOn }) };
  expect(transportOf(req, hostports)).toBe(transport);
});

test('what a caller’s certificate proves', () => {
  expect(certifiedNames({ sessionToken: 'a.example,192.0.2.1' })).toEqual(['a.example', '192.0.2.1']);
  expect(certifiedNames({ sessionToken: '' })).toEqual([]);
  expect(certifiedNames({})).toEqual([]);
});
