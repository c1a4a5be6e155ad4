import { describe, expect, it } from 'vitest';
import { admit } from '../../../../gateway/sip/admission.ts';
import { gateway } from '../../../support/clause.ts';
import { fakeRequest, inviteFields } from '../../../support/sip-message.ts';

const sdp = 'v=0\r\nc=IN IP4 192.0.2.20\r\nm=audio 5004 RTP/AVP 0\r\n';
const way = { transport: 'udp', trunk: 'carrier' };
const sdpFields = { ...inviteFields, 'Content-Type': 'application/sdp' };

describe('admission of an INVITE', () => {
  it('tells the dial plan who calls whom', () => {
    const admitted = admit(
      fakeRequest(
        { ...sdpFields, 'X-Account': 'blue', Authorization: 'Digest secret' },
        { body: sdp, uri: 'sip:+49%2030;phone-context=x@host.example:5080;user=phone' },
      ),
      way,
      1000,
    );
    expect(admitted).toMatchObject({
      ok: true,
      body: { kind: 'sdp', sdp },
      facts: {
        trunk: 'carrier',
        transport: 'udp',
        source: { address: '192.0.2.20', port: 5060 },
        from: {
          uri: 'sip:+4930123@pbx.example',
          user: '+4930123',
          host: 'pbx.example',
          displayName: 'Ada L',
        },
        to: { uri: 'sip:+49 30@host.example', user: '+49 30', host: 'host.example' },
        headers: { 'x-account': 'blue' },
      },
    });
    expect(admitted.ok && admitted.facts.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['a bare URI', 'sip:bob@pbx.example;tag=1', { user: 'bob', displayName: '' }],
    ['no user', '<sip:pbx.example>;tag=1', { user: '', uri: 'sip:pbx.example' }],
    ['a tel URI', '<tel:+49-30-(123)>;tag=1', { user: '+4930123', uri: 'tel:+4930123' }],
    [
      'an IPv6 host',
      'Desk <sip:desk@[2001:db8::1]:5060>;tag=1',
      { host: '[2001:db8::1]', displayName: 'Desk' },
    ],
    ['a quoted name with a bracket', '"A \\"<b>\\"" <sip:a@h>;tag=1', { displayName: 'A "<b>"', user: 'a' }],
    ['anonymous', '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', { user: 'anonymous' }],
  ])('reads a From with %s', (_name, from, party) => {
    expect(admit(fakeRequest({ ...inviteFields, From: from }), way, 1000)).toMatchObject({
      ok: true,
      body: { kind: 'none' },
      facts: { from: party },
    });
  });

  it.each(['From', 'To', 'Call-ID', 'CSeq', 'Contact'])('says 400 without %s', (field) => {
    expect(admit(fakeRequest({ ...inviteFields, [field]: '' }), way, 1000)).toMatchObject({
      ok: false,
      status: 400,
      phrase: `Missing ${field} Header Field`,
    });
  });

  it.each([
    ['481 for a dialog that is gone', { To: '<sip:1000@h>;tag=old' }, {}, 481],
    ['483 for a call that has no hops left', { 'Max-Forwards': '0' }, {}, 483],
    ['420 for an unknown extension', { Require: '100rel, x-cool' }, {}, 420],
    ['422 for a session too short', { 'Session-Expires': '60', Supported: 'timer' }, {}, 422],
    ['416 for another kind of address', {}, { uri: 'mailto:a@b' }, 416],
    ['415 for another body', { 'Content-Type': 'text/plain' }, { body: 'hi' }, 415],
    [
      '415 for a packed body',
      { 'Content-Type': 'application/sdp', 'Content-Encoding': 'gzip' },
      { body: 'x' },
      415,
    ],
    ['413 for a huge body', { 'Content-Type': 'application/sdp' }, { body: 'v=0\r\n'.repeat(300) }, 413],
    ['400 for an unreadable Contact', { Contact: '*' }, {}, 400],
    ['400 for an unreadable From', { From: 'nobody' }, {}, 400],
  ])('says %s', (_name, fields, more, status) => {
    expect(admit(fakeRequest({ ...inviteFields, ...fields }, more), way, 1000)).toMatchObject({
      ok: false,
      status,
    });
  });

  // Long enough for minutes in quadratic time.
  it.each([
    ['From', ' '.repeat(1_000_000), { status: 400 }],
    ['From', `"${'\\a'.repeat(500_000)}`, { status: 400 }],
    ['Contact', 'a '.repeat(500_000), { status: 400 }],
    ['To', '; '.repeat(500_000), { ok: true }],
    ['Require', ', '.repeat(500_000), { ok: true }],
    ['Content-Type', `multipart/mixed${';boundary='.repeat(100_000)}`, { status: 415 }],
  ])('is not held up by an endless %s', (field, value, outcome) => {
    const request = fakeRequest({ ...sdpFields, [field]: value }, { body: sdp });
    expect(admit(request, way, 1000)).toMatchObject(outcome);
  });

  it('names what it does not have', () => {
    const refused = admit(fakeRequest({ ...inviteFields, Require: '100rel,timer, x-cool' }), way, 1000);
    expect(refused).toMatchObject({ headers: { Unsupported: 'x-cool' } });
  });

  describe('a multipart body', () => {
    const part = (type: string, text: string, disposition?: string): string =>
      `--b1\r\nContent-Type: ${type}\r\n${disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`}\r\n${text}\r\n`;
    const bodyOf = (parts: string[], type = 'Multipart/Mixed;boundary="b1"') =>
      admit(
        fakeRequest({ ...inviteFields, 'Content-Type': type }, { body: `${parts.join('')}--b1--\r\n` }),
        way,
        1000,
      );
    const isup = 'application/isup;version=itu-t92+';

    it.each([
      ['beside ISUP', [part(isup, 'xx'), part('application/sdp', sdp)]],
      [
        'beside ISUP that is optional',
        [part(isup, 'xx', 'signal;handling=optional'), part('application/sdp', sdp)],
      ],
      ['that says so', [part('APPLICATION/SDP;charset=utf-8', sdp, 'session;handling=required')]],
      ['before another one', [part('application/sdp', sdp), part('application/sdp', 'v=0\r\n')]],
      ['after an early one', [part('application/sdp', 'v=0', 'early-session'), part('application/sdp', sdp)]],
    ])('has a session description %s', gateway('RFC 5621 §3.1'), (_name, parts) => {
      const admitted = bodyOf(parts);
      expect(admitted.ok && admitted.body.kind === 'sdp' && admitted.body.sdp.trimEnd()).toBe(sdp.trimEnd());
    });

    it('may have its lines ended by LF alone, and other multiparts in it', gateway('RFC 5621 §3.1'), () => {
      const inner = `--b2\nContent-Type: application/sdp\n\n${sdp}--b2--`;
      const text = `--b1\nContent-Type: multipart/alternative; boundary=b2\n\n${inner}\n`;
      expect(bodyOf([text])).toMatchObject({ ok: true, body: { kind: 'sdp' } });
    });

    it.each([
      [
        'a part that must be understood',
        [part(isup, 'xx', 'signal;handling=required'), part('application/sdp', sdp)],
      ],
      ['no session description', [part('text/plain', 'hello')]],
    ])('with %s gets 415 and what is taken', gateway('RFC 5621 §8.3'), (_name, parts) => {
      const refused = bodyOf(parts);
      expect(refused).toMatchObject({ ok: false, status: 415 });
      expect(!refused.ok && refused.headers?.Accept).toContain('application/sdp');
    });

    it('without a boundary gets 415', gateway('RFC 2046 §5.1.1'), () => {
      expect(bodyOf([part('application/sdp', sdp)], 'multipart/mixed')).toMatchObject({ status: 415 });
    });
  });

  it('passes a body over that its sender can do without', gateway('RFC 3261 §20.11'), () => {
    const fields = {
      ...inviteFields,
      'Content-Type': 'text/plain',
      'Content-Disposition': 'icon;handling=optional',
    };
    expect(admit(fakeRequest(fields, { body: 'x' }), way, 1000)).toMatchObject({ body: { kind: 'none' } });
  });

  it('takes a content type that stands there twice', () => {
    const fields = { ...inviteFields, 'Content-Type': 'application/sdp,application/sdp' };
    expect(admit(fakeRequest(fields, { body: sdp }), way, 1000)).toMatchObject({ body: { kind: 'sdp' } });
  });
});
