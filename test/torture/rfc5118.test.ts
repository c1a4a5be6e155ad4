import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseUri } from '../../gateway/sip/edge/message/uri.ts';
import { parseVia, receivedOf } from '../../gateway/sip/edge/message/via.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { judge, parseRequest } from '../support/sip.ts';
import { readRfc5118, rfc5118 } from './outcomes.ts';

describeShared('RFC 5118 IPv6 torture messages', 'torture/rfc5118', (folder) => {
  const read = (name: string): Buffer => readRfc5118(folder, name);
  const uriOf = (name: string) => parseUri(parseRequest(read(name)).uri);

  test('the table has every message of the archive', () => {
    expect(rfc5118.map(([, file]) => file).sort()).toEqual(readdirSync(folder).sort());
  });

  for (const [section, file, verdict, why] of rfc5118) {
    test(`§${section} ${file} → ${verdict}: ${why}`, () => {
      expect(judge(read(file))).toBe(verdict);
    });
  }

  test('an address ends at its bracket, and only there a port begins', () => {
    expect(uriOf('port-ambiguous')).toMatchObject({ host: '2001:db8::10:5070' });
    expect(uriOf('port-ambiguous').port).toBeUndefined();
    expect(uriOf('port-unambiguous')).toMatchObject({ host: '2001:db8::10', port: 5070 });
  });

  test('received means the same with and without brackets', () => {
    for (const file of ['via-received-param-with-delim', 'via-received-param-no-delim']) {
      const via = parseVia(parseRequest(read(file)).headers.get('Via') ?? '');
      expect(receivedOf(via)).toBe('2001:db8::9:255');
    }
  });

  test('three colons are read as two', () => {
    expect(uriOf('ipv6-bug-abnf-3-colons').host).toBe(uriOf('ipv6-correct-abnf-2-colons').host);
  });

  test('each Via keeps its family', () => {
    const vias = parseRequest(read('mult-ip-in-header')).headers.getAll('Via').map(parseVia);
    expect(vias.map((via) => [via.host, via.port])).toEqual([
      ['2001:db8::9:1', 6050],
      ['192.0.2.1', undefined],
      ['2001:db8::9:255', undefined],
    ]);
  });
});
