import { expect, it } from 'vitest';
import { configSchema } from '../../../gateway/config/schema.ts';
import { dialInOf } from '../../../gateway/desk.ts';
import type { PartStatus } from '../../../gateway/ports.ts';

const part: PartStatus = { state: 'up', embedded: false, version: 'v0.9.10', pid: null };

it('tells people the configured addresses', () => {
  const config = configSchema.parse({ host: '192.0.2.1', sip: { port: 5070 }, http: { port: 8081 } });
  const dialIn = dialInOf(config, () => ({ ...part, embedded: true }));
  expect(dialIn.sipUri('1000')).toBe('sip:1000@192.0.2.1:5070');
  expect(dialIn.webUrl('a b')).toBe('http://192.0.2.1:8081/join/a%20b');
});

it('tells them where a drachtio-server listens, once it has said so', () => {
  const config = configSchema.parse({ drachtio: { host: '192.0.2.9' }, publicIp: '203.0.113.5' });
  let sip: PartStatus = { ...part, state: 'down', detail: 'connecting' };
  const dialIn = dialInOf(config, () => sip);
  expect(dialIn.sipUri('demo')).toBe('sip:demo@203.0.113.5');
  sip = { ...part, detail: 'tcp/192.0.2.9:5162,udp/192.0.2.9:5162' };
  expect(dialIn.sipUri('demo')).toBe('sip:demo@192.0.2.9:5162');
  sip = { ...part, detail: 'udp/192.0.2.9:5060' };
  expect(dialIn.sipUri('demo')).toBe('sip:demo@192.0.2.9');
});

it('tells them of no address that only its neighbours reach, unless there is no other', () => {
  const config = configSchema.parse({ drachtio: { host: '127.0.0.1' } });
  let sip: PartStatus = { ...part, detail: 'udp/127.0.0.1:5060,tcp/203.0.113.5:5062,udp/203.0.113.5:5062' };
  const dialIn = dialInOf(config, () => sip);
  expect(dialIn.sipUri('demo')).toBe('sip:demo@203.0.113.5:5062');
  sip = { ...part, detail: 'udp/[::1]:5060,udp/[2001:db8::1]:5060' };
  expect(dialIn.sipUri('demo')).toBe('sip:demo@[2001:db8::1]');
  sip = { ...part, detail: 'udp/127.0.0.1:5070' };
  expect(dialIn.sipUri('demo')).toBe('sip:demo@127.0.0.1:5070');
});
