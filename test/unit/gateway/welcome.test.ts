import { expect, it } from 'vitest';
import { configSchema } from '../../../gateway/config/schema.ts';
import { dialInOf } from '../../../gateway/desk.ts';
import type { MediaNodeStatus, PartStatus } from '../../../gateway/ports.ts';
import { welcome } from '../../../gateway/welcome.ts';

const part: PartStatus = { state: 'up', embedded: true, version: null, pid: 1 };
const counts = { restarts: 0, hangs: 0 };
const node: MediaNodeStatus = {
  ...part,
  ...counts,
  id: 'node-1',
  legs: 0,
  rooms: 0,
  engine: { ...counts, kind: 'embedded', state: 'up', pid: 2 },
  pictures: null,
};

function printed(options: object): string {
  const config = configSchema.parse(options);
  return welcome({
    config,
    dialIn: dialInOf(config, () => part),
    adminTokenFile: null,
    status: () => ({
      sip: { ...part, servers: [], trunks: [] },
      media: [node],
      rooms: part,
      records: part,
      plans: part,
      mixing: null,
    }),
    livekitUrl: 'ws://127.0.0.1:7880',
    demo: null,
  });
}

it('says where SIP, media and pages are', () => {
  const table = printed({ host: '192.0.2.1', media: { rtpPortMin: 30_000, rtpPortMax: 30_099 } });
  expect(table).toMatch(/^ {2}SIP +192\.0\.2\.1:5060 UDP, TCP, 5061 TLS /m);
  expect(table).toMatch(/^ {2}media node-1 +192\.0\.2\.1:30000–30099 UDP /m);
  expect(table).toMatch(/^ {2}API, pages +http:\/\/192\.0\.2\.1:8080 /m);
});

it('writes an IPv6 address so that its port can be told from it', () => {
  const table = printed({ host: '2001:db8::1', media: { rtpPortMin: 30_000, rtpPortMax: 30_099 } });
  expect(table).toMatch(/^ {2}SIP +\[2001:db8::1\]:5060 UDP, TCP/m);
  expect(table).toMatch(/^ {2}media node-1 +\[2001:db8::1\]:30000–30099 UDP /m);
  expect(table).toMatch(/^ {2}API, pages +http:\/\/\[2001:db8::1\]:8080 /m);
});
