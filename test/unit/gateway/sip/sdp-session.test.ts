import { describe, expect, it } from 'vitest';
import { createSdpSession } from '../../../../gateway/sip/sdp-session.ts';
import { localSecurity } from '../../../support/sdp-security.ts';

const offer = (direction: string) =>
  `v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0\r\na=${direction}\r\nm=video 0 RTP/AVP 97\r\n`;

function session(security = localSecurity()) {
  const sdp = createSdpSession({
    address: '198.51.100.7',
    rtpPort: 20_000,
    rtcpPort: 20_001,
    sessionId: 5,
    supported: ['PCMU', 'PCMA'],
    security,
    ice: null,
  });
  const answer = (direction: string): string => {
    const made = sdp.answer(offer(direction));
    if (!made.ok) throw new Error(made.reason);
    sdp.commit(made.answerSdp, made.shape);
    return made.answerSdp;
  };
  return { sdp, answer };
}

describe('an answer to our offer', () => {
  it('holds only when it is agreed to', () => {
    const { sdp } = session(localSecurity('require'));
    const suites = () => sdp.offer().offerSdp.match(/^a=crypto:/gm)?.length;
    const offered = suites();
    const answer = sdp.readAnswer(
      `v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}\r\n`,
      sdp.offer().shape,
    );
    if (!answer.ok) throw new Error(answer.reason);
    expect(suites()).toBe(offered);
    sdp.agree(answer);
    expect(suites()).toBe(1);
  });
});

describe('the session version', () => {
  it('stays while nothing changes and grows by one with each change', () => {
    const { answer } = session();
    const first = answer('sendrecv');
    expect(first).toContain('o=- 5 1 IN');
    expect(answer('sendrecv')).toBe(first);
    expect(answer('sendonly')).toContain('o=- 5 2 IN');
    expect(answer('sendrecv')).toContain('o=- 5 3 IN');
  });

  it('does not count an answer that was never sent', () => {
    const { sdp, answer } = session();
    answer('sendrecv');
    sdp.answer(offer('inactive'));
    expect(answer('sendonly')).toContain('o=- 5 2 IN');
  });

  it('goes on over our own offers, which keep the lines', () => {
    const { sdp, answer } = session();
    answer('sendrecv');
    const { offerSdp } = sdp.offer();
    expect(offerSdp).toContain('o=- 5 2 IN');
    expect(offerSdp).toContain('m=video 0 RTP/AVP 97');
  });
});
