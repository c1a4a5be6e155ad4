import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseUri } from '../../gateway/sip/edge/message/uri.ts';
import { parseVia, receivedOf } from '../../gateway/sip/edge/message/via.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { judge, parseRequest, wire } from '../support/sip.ts';
import type { Verdict } from '../support/sip.ts';

const outcomes: readonly (readonly [section: string, file: string, verdict: Verdict, why: string])[] = [
  ['4.1', 'ipv6-good', 'taken', 'an IPv6 reference'],
  ['4.2', 'ipv6-bad', 400, 'an address without brackets'],
  ['4.3', 'port-ambiguous', 'taken', 'what looks like a port is part of the address'],
  ['4.4', 'port-unambiguous', 'taken', 'a port behind the brackets'],
  ['4.5', 'via-received-param-with-delim', 'taken', 'received with brackets'],
  ['4.5', 'via-received-param-no-delim', 'taken', 'received without brackets'],
  ['4.6', 'ipv6-in-sdp', 'taken', 'IPv6 in SDP'],
  ['4.7', 'mult-ip-in-header', 'taken', 'both families in Via'],
  ['4.8', 'mult-ip-in-sdp', 'taken', 'both families in SDP'],
  ['4.9', 'ipv4-mapped-ipv6', 'taken', 'IPv4-mapped addresses'],
  ['4.10', 'ipv6-bug-abnf-3-colons', 'taken', 'three colons before an embedded IPv4 address'],
  ['4.10', 'ipv6-correct-abnf-2-colons', 'taken', 'the same with two'],
];

describeShared('RFC 5118 IPv6 torture messages', 'torture/rfc5118', (folder) => {
  /** The archive has plain line ends, and three Content-Lengths that fit with none: both are put right. */
  const read = (name: string): Buffer => {
    const [head = '', ...body] = readFileSync(join(folder, name), 'utf8').split('\n\n');
    const length = wire(body.join('\n\n')).length;
    return wire(
      `${head.replace(/^Content-Length: \d+/m, `Content-Length: ${length}`)}\n\n${body.join('\n\n')}`,
    );
  };
  const uriOf = (name: string) => parseUri(parseRequest(read(name)).uri);

  test('the table has every message of the archive', () => {
    expect(outcomes.map(([, file]) => file).sort()).toEqual(readdirSync(folder).sort());
  });

  test.each(outcomes)('§%s %s → %s: %s', (_section, file, verdict) => {
    expect(judge(read(file))).toBe(verdict);
  });

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
