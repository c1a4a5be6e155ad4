import { describe, expect, it } from 'vitest';
import { offer, reasonOf, useLegs } from '../support/legs.ts';
import { expectLawfulAnswer } from '../support/sdp-check.ts';

const bench = useLegs();

describe('an encrypted call', () => {
  const keys = [
    'h77xBx3cFE4uhlQtSlBa4a8veOdxnbd6OBxy2bAy',
    'FHoHEZk7wM6b/frTeX+fzQ/K0PtuAvfIzRqjol9K',
  ] as const;
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const encrypted = (key: string, direction = 'sendrecv') =>
    offer({ direction })
      .replace('RTP/AVP', 'RTP/SAVP')
      .replace('a=rtpmap', `a=crypto:1 ${suite} inline:${key}|2^31\r\na=rtpmap`);
  const keyIn = (sdp: string) => /^a=crypto:1 \w+ inline:(\S+)\r$/m.exec(sdp)?.[1];

  it('is answered with a key of ours, and the media node gets both', async () => {
    const { ok, mediaLeg } = await bench.talking(encrypted(keys[0]));
    expectLawfulAnswer(encrypted(keys[0]), ok.body);
    expect(mediaLeg.config?.security).toEqual({
      kind: 'sdes',
      send: { profile: suite, keys: [{ inline: keyIn(ok.body) }] },
      receive: { profile: suite, keys: [{ inline: keys[0] }] },
    });
  });

  it('keeps its keys over holds and repeated offers, and takes new ones when the device does', async () => {
    const { ok, mediaLeg } = await bench.talking(encrypted(keys[0]));
    const again = await bench.caller.ask('INVITE', { body: encrypted(keys[0]) });
    bench.caller.send('ACK');
    expect(again.body).toBe(ok.body);
    const held = await bench.caller.ask('INVITE', { body: encrypted(keys[0], 'inactive') });
    bench.caller.send('ACK');
    expect(keyIn(held.body)).toBe(keyIn(ok.body));
    const changed = await bench.caller.ask('INVITE', { body: encrypted(keys[1]) });
    bench.caller.send('ACK');
    expect(keyIn(changed.body)).not.toBe(keyIn(ok.body));
    expect(mediaLeg.config?.security).toMatchObject({
      send: { keys: [{ inline: keyIn(changed.body) }] },
      receive: { keys: [{ inline: keys[1] }] },
    });
  });

  it('offers its own key again when a re-INVITE has no offer', async () => {
    const { ok, mediaLeg } = await bench.talking(encrypted(keys[0]));
    const ours = await bench.caller.ask('INVITE');
    expect(ours.body).toMatch(/m=audio \d+ RTP\/SAVP /);
    expect(keyIn(ours.body)).toBe(keyIn(ok.body));
    bench.caller.send('ACK', { body: encrypted(keys[1]) });
    await expect
      .poll(() => mediaLeg.config?.security)
      .toMatchObject({ receive: { keys: [{ inline: keys[1] }] } });
  });

  it('is never answered in plain', async () => {
    const leg = await bench.invited({ body: encrypted(keys[0]).replace(suite, 'F8_128_HMAC_SHA1_80') });
    expect(await reasonOf(leg.answer())).toBe('encryption-unusable');
    const ended = leg.end('encryption-unusable');
    const refusal = await bench.caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toMatch(
      /^305 gateway "None of the a=crypto lines can be used; offer one of AES_CM/,
    );
    await ended;
  });

  it('over unencrypted signalling is told of, once, and no key is in the log', async () => {
    await bench.talking(encrypted(keys[0]));
    await bench.caller.ask('INVITE', { body: encrypted(keys[1]) });
    bench.caller.send('ACK');
    const said = bench.log.filter(({ sentence }) => sentence.startsWith('SRTP keys come over'));
    expect(said).toMatchObject([{ level: 'warn', facts: { trunk: null, transport: 'udp' } }]);
    expect(JSON.stringify(bench.log)).not.toMatch(/inline|[A-Za-z0-9+/]{38,}/);
  });

  it('over unencrypted signalling is told of when its keys come with a re-INVITE, too', async () => {
    const { mediaLeg } = await bench.talking();
    expect((await bench.again(encrypted(keys[0]))).status).toBe(200);
    expect(mediaLeg.config?.security?.kind).toBe('sdes');
    expect(bench.log.filter(({ sentence }) => sentence.startsWith('SRTP keys come over')).length).toBe(1);
  });
});
