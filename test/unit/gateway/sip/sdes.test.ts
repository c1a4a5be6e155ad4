import { describe, expect, it } from 'vitest';
import { newKeying, readCrypto, writeCrypto } from '../../../../gateway/sip/sdes.ts';

const key = 'h77xBx3cFE4uhlQtSlBa4a8veOdxnbd6OBxy2bAy';
const suite = 'AES_CM_128_HMAC_SHA1_80';
const read = (text: string) => readCrypto(text)?.keying ?? null;

describe('a=crypto', () => {
  it.each([
    ['tag 0', `0 ${suite} inline:${key}`, {}],
    ['a lifetime as a power', `1 ${suite} inline:${key}|2^48`, {}],
    ['a lifetime as a number', `1 ${suite} inline:${key}|1048576`, {}],
    ['an MKI', `1 ${suite} inline:${key}|2^20|1:4`, { keys: [{ inline: key, mki: '00000001' }] }],
    ['an MKI without a lifetime', `1 ${suite} inline:${key}|258:2`, { keys: [{ inline: key, mki: '0102' }] }],
    ['an empty lifetime', `1 ${suite} inline:${key}||1:1`, { keys: [{ inline: key, mki: '01' }] }],
    ['a window size', `1 ${suite} inline:${key} WSH=128`, {}],
    ['an option of others', `1 ${suite} inline:${key} -foo=1`, {}],
    ['clear RTCP', `1 ${suite} inline:${key} UNENCRYPTED_SRTCP`, { unencryptedRtcp: true }],
    [
      'clear RTP without tags',
      `1 ${suite} inline:${key} UNENCRYPTED_SRTP UNAUTHENTICATED_SRTP`,
      { unencryptedRtp: true, unauthenticatedRtp: true },
    ],
    [
      'words in lower case',
      `1 aes_cm_128_hmac_sha1_80 INLINE:${key} unencrypted_srtcp`,
      { unencryptedRtcp: true },
    ],
    ['two spaces', `1  ${suite}  inline:${key}`, {}],
  ])('with %s', (_trait, text, expected) => {
    expect(read(text)).toEqual({ profile: suite, keys: [{ inline: key }], ...expected });
  });

  it('with several keys, told apart by their MKIs', () => {
    const other = newKeying({ profile: suite }).keys[0].inline;
    expect(read(`1 ${suite} inline:${key}|2^20|1:4;inline:${other}|2^20|2:4`)?.keys).toEqual([
      { inline: key, mki: '00000001' },
      { inline: other, mki: '00000002' },
    ]);
    expect(read(`1 ${suite} inline:${key};inline:${other}`)).toBeNull();
    expect(read(`1 ${suite} inline:${key}|1:4;inline:${other}|2:2`)).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['a mask', '*'.repeat(74)],
    ['an unknown suite', `1 F8_128_HMAC_SHA1_80 inline:${key}`],
    ['a suite that is an object’s property', `1 constructor inline:${key}`],
    ['a short key', `1 ${suite} inline:${key.slice(4)}`],
    ['a key of another suite', `1 AES_256_CM_HMAC_SHA1_80 inline:${key}`],
    ['no base64', `1 ${suite} inline:${'*'.repeat(40)}`],
    ['another key method', `1 ${suite} mikey:${key}`],
    ['a key derivation rate', `1 ${suite} inline:${key} KDR=4`],
    ['FEC before SRTP', `1 ${suite} inline:${key} FEC_ORDER=FEC_SRTP`],
    ['a parameter that nobody knows', `1 ${suite} inline:${key} FOO`],
    ['an MKI that does not fit', `1 ${suite} inline:${key}|2^20|256:1`],
    ['an MKI of no octets', `1 ${suite} inline:${key}|2^20|1:0`],
    ['an AEAD without tags', `1 AEAD_AES_128_GCM inline:${'A'.repeat(38)}== UNAUTHENTICATED_SRTP`],
    ['no tag', `${suite} inline:${key}`],
  ])('skips %s', (_trait, text) => {
    expect(readCrypto(text)).toBeNull();
  });

  it('is written as it is read', () => {
    for (const profile of [
      'AES_CM_128_HMAC_SHA1_32',
      'AES_256_CM_HMAC_SHA1_80',
      'AEAD_AES_256_GCM',
    ] as const) {
      const line = { tag: 7, keying: newKeying({ profile, unencryptedRtcp: true }) };
      expect(readCrypto(writeCrypto(line))).toEqual(line);
    }
    expect(newKeying({ profile: suite })).not.toEqual(newKeying({ profile: suite }));
  });

  // Long enough for minutes in quadratic time.
  it.each([
    ['key fields', `1 ${suite} inline:${'|'.repeat(1_000_000)}`],
    ['spaces', `1 ${suite}${' '.repeat(1_000_000)}x`],
    ['parameters', `1 ${suite} inline:${key}${' a'.repeat(500_000)}`],
  ])('is not held up by endless %s', (_what, value) => {
    expect(readCrypto(value)).toBeNull();
  });
});
