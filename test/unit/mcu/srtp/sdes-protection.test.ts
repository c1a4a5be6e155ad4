import { expect, test } from 'vitest';
import { SdesProtection } from '../../../../mcu/srtp/sdes-protection.ts';
import { contextOf, newSrtpKeying, protectedRtp, rtpOf } from '../../../support/srtp.ts';

const profile = 'AES_CM_128_HMAC_SHA1_80';
const [send, first, second] = [newSrtpKeying(profile), newSrtpKeying(profile), newSrtpKeying(profile)];
const protection = (receive = first) =>
  new SdesProtection(send, receive, () => 0, { onNewKey: () => undefined });

test('a peer that starts over under a new key is heard by the next process too', () => {
  const old = protection();
  const peer = contextOf(first);
  for (const at of [50_000, 65_536, 80_000]) old.unprotectRtp(protectedRtp(peer, rtpOf(at)));
  let told = old.takeCheckpoint();
  expect(told?.streams[0].rtpIndex).toBe(80_000);
  old.rekey(send, second);
  // Its rollover counter is zero again.
  const again = contextOf(second);
  expect(old.unprotectRtp(protectedRtp(again, rtpOf(80_001)))).toBe(rtpOf(80_001).length);
  told = old.takeCheckpoint() ?? told;

  const next = protection(second);
  if (told) next.restore(told);
  for (let at = 80_002; at < 80_006; at++)
    expect(next.unprotectRtp(protectedRtp(again, rtpOf(at)))).toBe(rtpOf(at).length);
});

test('how far a stream has come is told at its beginning and now and then, not with each packet', () => {
  const one = protection();
  const peer = contextOf(first);
  let told = 0;
  for (let at = 0; at < 3000; at++) {
    one.unprotectRtp(protectedRtp(peer, rtpOf(at)));
    if (one.takeCheckpoint()) told++;
  }
  expect(told).toBe(3);
});
