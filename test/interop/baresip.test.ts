import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { missingForBaresip } from '../demo/baresip.ts';
import { BaresipPhones } from '../support/baresip-phones.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { stack } from '../support/clause.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

describeWith([missingForBaresip(), missingForGateway()], 'baresip calls', () => {
  let phones: BaresipPhones;

  beforeAll(async () => {
    phones = await BaresipPhones.start();
  });
  afterEach(() => phones.closePhones());
  afterAll(() => phones.gateway.close());

  const onlyCall = async () => (await phones.gateway.calls())[0];

  it.each(['udp', 'tcp'] as const)(
    'the echo test over %s and hears itself; its hanging up ends the call',
    async (transport) => {
      const phone = await phones.phone('4930600');
      await phones.hearsItself(phone, transport);
      expect((await onlyCall()).media?.codec).toBe('PCMU');
      expect(phone.printOut.trace.messages.map(({ title }) => title)).toEqual(
        expect.arrayContaining(['INVITE', '100 Trying', '180 Ringing', '200 OK', 'ACK']),
      );
      phone.hangUp();
      await until('the record says who hung up', async () =>
        (await phones.gateway.records()).some(
          ({ from, endReason }) => from === '4930600' && endReason === 'caller-hung-up',
        ),
      );
    },
    60_000,
  );

  it('with A-law only', async () => {
    const phone = await phones.phone('4930601', ';audio_codecs=PCMA/8000/1');
    await phones.hearsItself(phone);
    expect((await onlyCall()).media?.codec).toBe('PCMA');
  }, 60_000);

  it.each([
    ['opus', 'opus/48000/2', '4930603'],
    ['G722', 'G722/16000/1', '4930604'],
  ] as const)(
    'in %s: hears itself in the echo test, then is in the room',
    async (codec, name, number) => {
      const phone = await phones.phone(number, `;audio_codecs=${name}`);
      await phones.hearsItself(phone);
      expect((await onlyCall()).media?.codec).toBe(codec);
      phone.hangUp();
      await phones.noCallIsLeft();

      await phones.entersRoom(phone, `baresip-${codec}`);
      expect((await onlyCall()).media).toMatchObject({ codec, publishedCodec: 'opus' });
    },
    90_000,
  );

  it.each([
    ['offers RTP/AVP with a key', 'srtp'],
    ['offers RTP/SAVP', 'srtp-mand'],
    ['offers RTP/SAVPF', 'srtp-mandf'],
  ])(
    'encrypted (%s): hears itself in the echo test, then is in the room',
    async (_what, mediaenc) => {
      const phone = await phones.phone('4930605', `;audio_codecs=PCMU/8000/1;mediaenc=${mediaenc}`);
      await phones.hearsItself(phone);
      const { media } = await onlyCall();
      expect(media?.encryption).toMatch(/^srtp-sdes\/A/);
      expect(media?.dropped).toMatchObject({ unauthentic: 0, replayed: 0 });
      phone.hangUp();
      await phones.noCallIsLeft();

      await phones.entersRoom(phone, `baresip-${mediaenc}`);
      expect((await onlyCall()).media?.publishedCodec).toBe('PCMU');
    },
    90_000,
  );

  it.each([
    ['DTLS-SRTP', ';mediaenc=dtls_srtp', ['module dtls_srtp.so']],
    ['DTLS-SRTP on one port', ';mediaenc=dtls_srtp', ['module dtls_srtp.so', 'rtcp_mux yes']],
    ['DTLS-SRTP and ICE', ';mediaenc=dtls_srtp;medianat=ice', ['module dtls_srtp.so', 'module ice.so']],
    [
      'DTLS-SRTP and ICE on one port',
      ';mediaenc=dtls_srtp;medianat=ice',
      ['module dtls_srtp.so', 'module ice.so', 'rtcp_mux yes'],
    ],
    ['ICE alone', ';medianat=ice', ['module ice.so']],
  ] as const)(
    'with %s: hears itself in the echo test, then is in the room',
    async (name, account, settings) => {
      const phone = await phones.phone('4930610', account, settings);
      await phones.hearsItself(phone);
      const encryption = name.startsWith('DTLS') ? /^dtls-srtp\/A/ : /^none$/;
      expect((await onlyCall()).media?.encryption).toMatch(encryption);
      phone.hangUp();
      await phones.noCallIsLeft();

      await phones.entersRoom(phone, `secure-${name.length}`);
      expect((await onlyCall()).media?.encryption).toMatch(encryption);
    },
    90_000,
  );

  it('types a PIN and is in the room; the administrator’s hanging up ends its call', async () => {
    const phone = await phones.phone('4930602');
    await phones.entersRoom(phone, 'baresip');
    const { id } = await onlyCall();
    await phones.gateway.api(`/calls/${id}`, { method: 'DELETE' });
    const ends = () => phone.printOut.trace.messages.slice(-2).map(({ from, title }) => [from, title]);
    await until('baresip was told', () => ends().some(([, title]) => title === 'BYE'));
    await until('baresip agreed', () => ends().at(-1)?.[1].startsWith('200'));
    expect(ends()[0]).toEqual(['gateway', 'BYE']);
  }, 60_000);
});

const embeddedOnly = realEdge() ? 'the test has no certificate for a drachtio-server' : null;

describeWith([missingForBaresip(), missingForGateway(), embeddedOnly], 'baresip calls over TLS', () => {
  const authority = new TestAuthority();
  const files = new CertificateFiles(authority.issue({ addresses: ['127.0.0.1'] }), authority);
  let phones: BaresipPhones;

  beforeAll(async () => {
    phones = await BaresipPhones.start([
      ...['--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key],
    ]);
  });
  afterEach(() => phones.closePhones());
  afterAll(async () => {
    await phones.gateway.close();
    files.remove();
  });

  it(
    'with keys in its offer: hears itself, and is hung up on by the way that it came',
    { ...stack('RFC 3261 §26.2.1'), timeout: 60_000 },
    async () => {
      const account = ';audio_codecs=PCMU/8000/1;mediaenc=srtp-mand';
      const phone = await phones.phone('4930620', account, [`sip_cafile ${files.ca}`]);
      await phones.hearsItself(phone, 'tls');
      const [{ id, media }] = await phones.gateway.calls();
      expect(media?.encryption).toMatch(/^srtp-sdes\/A/);
      expect(phone.printOut.trace.messages[0]).toMatchObject({ title: 'INVITE' });
      await phones.gateway.api(`/calls/${id}`, { method: 'DELETE' });
      const titles = () => phone.printOut.trace.messages.map(({ title }) => title);
      await until(
        'baresip was told and agreed',
        () => /^200/.test(titles().at(-1) ?? '') && titles().includes('BYE'),
      );
      const record = await until('its record is there', async () => (await phones.gateway.records()).at(0));
      expect(record).toMatchObject({
        from: '4930620',
        endReason: 'ended-by-admin',
      });
    },
  );
});
