/** Published vectors: RFC 3711 B.2, B.3; RFC 6188 §7; RFC 7714 §16, §17; RFC 9335 A. */
import { describe, expect, test } from 'vitest';
import { CounterModeTransform } from '../../../../mcu/srtp/cm-transform.ts';
import { createSrtpContext } from '../../../../mcu/srtp/context.ts';
import { CounterMode } from '../../../../mcu/srtp/counter-mode.ts';
import { GcmTransform } from '../../../../mcu/srtp/gcm-transform.ts';
import { deriveKey, deriveSessionKeys } from '../../../../mcu/srtp/kdf.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const none = Buffer.alloc(0);

const rfc3711 = {
  masterKey: hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
  masterSalt: hex('0EC675AD498AFEEBB6960B3AABE6'),
};

test.each([
  [
    'RFC 3711 B.3',
    { master: rfc3711.masterKey, salt: rfc3711.masterSalt },
    'C61E7A93744F39EE10734AFE3FF7A087',
    '30CBBC08863D8C85D49DB34A9AE1',
    'CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4',
  ],
  [
    'RFC 6188 7.2',
    {
      master: hex('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6'),
      salt: hex('3b04803de51ee7c96423ab5b78d2'),
    },
    '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
    'fa31791685ca444a9e07c6c64e93',
    'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05',
  ],
  [
    'RFC 6188 7.4',
    {
      master: hex('73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1'),
      salt: hex('c8522f3acd4ce86d5add78edbb11'),
    },
    '31874736a8f1143870c26e4857d8a5b2c4a354407faadabb',
    '2372b82d639b6d8503a47adc0a6c',
    '355b10973cd95b9eacf4061c7e1a7151e7cfbfcb',
  ],
])('%s: session keys', (_clause, { master, salt }, cipherKey, sessionSalt, authKey) => {
  const keys = deriveSessionKeys(master, salt, 'rtp');
  expect(keys.cipherKey).toEqual(hex(cipherKey));
  expect(keys.salt).toEqual(hex(sessionSalt));
  expect(keys.authKey).toEqual(hex(authKey));
});

test('RFC 9335 A.2: session keys of an AEAD suite, whose salt is short', () => {
  const salt = hex('a0a1a2a3a4a5a6a7a8a9aaab');
  const { cipherKey, salt: sessionSalt } = deriveSessionKeys(
    hex('000102030405060708090a0b0c0d0e0f'),
    salt,
    'rtp',
  );
  expect(cipherKey).toEqual(hex('077c6143cb221bc355ff23d5f984a16e'));
  expect(sessionSalt).toEqual(hex('9af3e95364ebac9c99c5a7c4'));
});

test('RFC 3711 B.3: a key longer than a block', () => {
  expect(deriveKey(rfc3711.masterKey, rfc3711.masterSalt, 1, 94)).toEqual(
    hex(`CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE
         E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25
         6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2`),
  );
});

test.each([
  [
    'RFC 3711 B.2',
    '2B7E151628AED2A6ABF7158809CF4F3C',
    'E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0',
  ],
  [
    'RFC 6188 7.1',
    '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98',
    '92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31',
  ],
  [
    'RFC 6188 7.3',
    'eab234764e517b2d3d160d587d8c86219740f65f99b6bcf7',
    '35096cba4610028dc1b57503804ce37c5de986291dcce161d5165ec4568f5c9a474a40c77894bc17180202272a4c264d',
  ],
])('%s: keystream', (_clause, key, keystream) => {
  const data = Buffer.alloc(keystream.length / 2);
  new CounterMode(hex(key)).apply(data, 0, data.length, hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000'));
  expect(data).toEqual(hex(keystream));
});

test('RFC 3711 B.2: keystream far on', () => {
  const data = Buffer.alloc(0xff02 * 16);
  new CounterMode(hex('2B7E151628AED2A6ABF7158809CF4F3C')).apply(
    data,
    0,
    data.length,
    hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000'),
  );
  expect(data.subarray(-48)).toEqual(
    hex('EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44'),
  );
});

test('RFC 3711 3.1: an SRTP packet of a common implementation, with the keys of B.3', () => {
  const context = createSrtpContext({ profile: 'AES_CM_128_HMAC_SHA1_80', keys: [rfc3711] });
  const packet = hex('800f1234decafbadcafebabe abababababababababababababababab');
  const out = Buffer.alloc(packet.length + context.overhead);
  const length = context.protectRtp(packet, out);
  expect(out.subarray(0, length)).toEqual(
    hex('800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb'),
  );
});

const rtpPlain = hex(`8040f17b8041f8d35501a0b2 47616c6c6961206573742
  06f6d6e697320646976697361 20696e207061727465732074726573`);
const rtcpPlain = hex(`81c8000d4d6172734e5450314e545032525450200000042a
  0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef`);

describe.each([
  {
    clause: 'RFC 7714 16.1, 17.1',
    cipherKey: hex('000102030405060708090a0b0c0d0e0f'),
    rtp: hex(`8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd5
      0d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce`),
    rtpClear: hex('22493f82d2bce397e9d79e3b19aa4216'),
    rtcp: hex(`81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d
      c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4`),
    rtcpClear: hex('841dd9683dd78ec92ae58790125f62b3000005d4'),
  },
  {
    clause: 'RFC 7714 16.2, 17.2',
    cipherKey: hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
    rtp: hex(`8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab1801238
      9a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13`),
    rtpClear: hex('a866d5910f887463067ceefec45215d4'),
    rtcp: hex(`81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50
      a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4`),
    rtcpClear: hex('91db4afbfeee5a978fab4393ed2615fe000005d4'),
  },
])('$clause', ({ cipherKey, rtp, rtpClear, rtcp, rtcpClear }) => {
  const keys = { cipherKey, salt: hex('517569642070726f2071756f'), authKey: none };
  const options = { rtp: keys, rtcp: keys, mki: none, rtpTagBytes: 16, rtcpTagBytes: 16 };
  const secret = new GcmTransform(options);
  const clear = new GcmTransform({ ...options, unencryptedRtp: true, unencryptedRtcp: true });
  const index = 0x5d4;

  test.each([
    ['encrypted', secret, rtp],
    ['in the clear', clear, Buffer.concat([rtpPlain, rtpClear])],
  ])('RTP %s', (_how, transform, wire) => {
    const packet = Buffer.concat([rtpPlain, Buffer.alloc(transform.rtpOverhead)]);
    expect(transform.sealRtp(packet, rtpPlain.length, 12, 0)).toBe(wire.length);
    expect(packet).toEqual(wire);
    expect(transform.openRtp(packet, 12, 0)).toBe(rtpPlain.length);
    expect(packet.subarray(0, rtpPlain.length)).toEqual(rtpPlain);
  });

  test.each([
    ['encrypted', secret, rtcp],
    ['in the clear', clear, Buffer.concat([rtcpPlain, rtcpClear])],
  ])('RTCP %s', (_how, transform, wire) => {
    const packet = Buffer.concat([rtcpPlain, Buffer.alloc(transform.rtcpOverhead)]);
    expect(transform.sealRtcp(packet, rtcpPlain.length, index)).toBe(wire.length);
    expect(packet).toEqual(wire);
    expect(transform.rtcpIndex(packet)).toBe(index);
    expect(transform.openRtcp(packet)).toBe(rtcpPlain.length);
    expect(packet.subarray(0, rtcpPlain.length)).toEqual(rtcpPlain);
  });
});

test('RFC 3711 3.4: an SRTCP packet of a common implementation', () => {
  const transform = new CounterModeTransform({
    rtp: deriveSessionKeys(rfc3711.masterKey, rfc3711.masterSalt, 'rtp'),
    rtcp: deriveSessionKeys(rfc3711.masterKey, rfc3711.masterSalt, 'rtcp'),
    mki: none,
    rtpTagBytes: 10,
    rtcpTagBytes: 10,
  });
  const plain = hex('81c8000bcafebabe abababababababababababababababab');
  const packet = Buffer.concat([plain, Buffer.alloc(transform.rtcpOverhead)]);
  transform.sealRtcp(packet, plain.length, 1);
  expect(packet).toEqual(
    hex('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798'),
  );
});
