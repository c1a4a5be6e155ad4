import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAddress } from '../../gateway/sip/edge/message/address.ts';
import { parseMessage } from '../../gateway/sip/edge/message/parse.ts';
import { parseVia } from '../../gateway/sip/edge/message/via.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { judge, parseRequest } from '../support/sip.ts';

describeShared('messages of real devices and services', 'sip', (folder) => {
  /** What their publishers masked (a name in brackets, a body left out) is put right again. */
  const read = (name: string): Buffer => {
    const text = readFileSync(join(folder, name), 'latin1').replace(/<guid>/g, 'guid');
    const bodyStart = text.indexOf('\r\n\r\n');
    const length = bodyStart < 0 ? 0 : text.length - bodyStart - 4;
    return Buffer.from(text.replace(/(\nContent-Length:\s*)\d+/gi, `$1${length}`), 'latin1');
  };

  test.each([
    'exchange-um-srtp-answer.sip',
    'polycom-vvx450-direct-invite-headers.sip',
    'twilio-elastic-sip-trunk-tls-sdes-invite.sip',
    'twilio-to-whatsapp-opus-savp-invite.sip',
    'whatsapp-ice-lite-dtls-invite.sip',
  ])('%s is taken', (name) => {
    expect(judge(read(name))).toBe('taken');
    for (const via of parseMessage(read(name)).headers.getAll('Via')) parseVia(via);
  });

  test('Exchange: names in capitals, Supported in three fields', () => {
    const { headers } = parseMessage(read('exchange-um-srtp-answer.sip'));
    expect(headers.getAll('Supported')).toEqual(['Replaces', 'timer', '100rel']);
    expect(headers.getAll('Allow')).toContain('PRACK');
    expect(parseAddress(headers.get('From') ?? '').displayName).toBe('10048 - Caller');
  });

  test('Twilio: Content-Length and Content-Type twice', () => {
    const { headers } = parseRequest(read('twilio-to-whatsapp-opus-savp-invite.sip'));
    expect([headers.raw('Content-Type'), headers.raw('Content-Length').length]).toEqual([
      ['application/sdp'],
      1,
    ]);
    expect(headers.getAll('Record-Route')).toHaveLength(2);
  });
});
