import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLegVideo } from '../../../../gateway/sip/leg-video.ts';
import { defaultSipLimits } from '../../../../gateway/sip/limits.ts';
import { readAnswerIn, serveOffers } from '../../../../gateway/sip/renegotiation.ts';
import type { Session } from '../../../../gateway/sip/renegotiation.ts';
import { createSdpSession } from '../../../../gateway/sip/sdp-session.ts';
import type {
  SendOptions,
  SipDialog,
  SipRequest,
  SipResponse,
} from '../../../../gateway/sip/srf-messages.ts';
import { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { localSecurity } from '../../../support/sdp-security.ts';
import { until } from '../../../support/until.ts';

/** What drachtio-server's timing does to offers; the rest is in the contract suite. */
describe('offers in a dialog', () => {
  function talking(security = localSecurity()) {
    const dialog = new EventEmitter() as EventEmitter & { local: SipDialog['local'] };
    dialog.local = { contact: '<sip:gateway@192.0.2.1>' };
    const media = new FakeMediaLeg('leg', 30_000);
    const log = quietLog();
    const sdp = createSdpSession({
      address: '192.0.2.1',
      rtpPort: 30_000,
      rtcpPort: 30_001,
      sessionId: 1,
      supported: ['PCMU'],
      security,
      ice: null,
    });
    const session: Session = {
      dialog: dialog as unknown as SipDialog,
      media,
      sdp,
      video: createLegVideo({ allowed: true, media, sdp, deadlineMs: 1000, log }),
      current: null,
      settled: () => undefined,
      ends: { local: '192.0.2.1', peer: '192.0.2.9' },
      limits: defaultSipLimits,
      resolve: () => Promise.resolve(null),
      over: new AbortController().signal,
      log,
    };
    serveOffers(session, 'their-offer')();
    return { dialog, media, session };
  }

  const picture = 'm=video 8000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n';

  function request(method: string, sequence: number, port = 0, more = ''): SipRequest {
    const voice = `v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio ${port} RTP/AVP 0\r\na=sendrecv\r\n`;
    const body = port === 0 ? '' : voice + more;
    const headers: Record<string, string> = {
      cseq: `${sequence} ${method}`,
      ...(body === '' ? {} : { 'content-type': 'application/sdp' }),
    };
    return { method, body, headers, get: (name: string) => headers[name] } as unknown as SipRequest;
  }

  function response(statuses: number[], taken: () => void = () => undefined): SipResponse {
    return {
      send(status: number, _phrase: string, _options: SendOptions, sent: (error: unknown) => void) {
        statuses.push(status);
        sent(null);
        taken();
      },
    } as unknown as SipResponse;
  }

  it('takes one that comes in one read with the word that the last answer is out', async () => {
    const { dialog, media } = talking();
    const statuses: number[] = [];
    const next = (): void => void dialog.emit('modify', request('INVITE', 3, 7002), response(statuses));
    dialog.emit('modify', request('INVITE', 2, 7000), response(statuses, next));
    await until('both are answered', () => statuses.length === 2);
    expect(statuses).toEqual([200, 200]);
    expect(media.config?.remote.rtpPort).toBe(7002);
  });

  it('takes a cancelled one back when only the ACK of the server’s own 487 tells of it', async () => {
    const { dialog, media } = talking();
    const statuses: number[] = [];
    dialog.emit('modify', request('INVITE', 2, 7000), response(statuses));
    await until('the first is answered', () => statuses.length === 1);
    let open = (): void => undefined;
    media.holdConfigure = new Promise((resolve) => (open = resolve));
    dialog.emit('modify', request('INVITE', 3, 7002), response(statuses));
    await new Promise(setImmediate);
    dialog.emit('ack', request('ACK', 3));
    open();
    await until('media is back', () => media.configs.length === 3);
    expect(media.config?.remote.rtpPort).toBe(7000);
    expect(statuses).toEqual([200, 487]);
    expect(dialog.listenerCount('ack')).toBe(0);
  });

  it('leaves all as it was when that comes while ports for video are being opened', async () => {
    const { dialog, media } = talking();
    const statuses: number[] = [];
    dialog.emit('modify', request('INVITE', 2, 7000), response(statuses));
    await until('the first is answered', () => statuses.length === 1);
    let open = (): void => undefined;
    media.holdVideo = new Promise((resolve) => (open = resolve));
    dialog.emit('modify', request('INVITE', 3, 7002, picture), response(statuses));
    await new Promise(setImmediate);
    dialog.emit('ack', request('ACK', 3));
    open();
    await until('the second is answered', () => statuses.length === 2);
    expect(statuses).toEqual([200, 487]);
    expect(media.configs.map(({ remote }) => remote.rtpPort)).toEqual([7000]);
    expect(dialog.listenerCount('ack')).toBe(0);
  });

  it('agrees to no answer whose address is not known', async () => {
    const { session } = talking(localSecurity('require'));
    const { offerSdp, shape } = session.sdp.offer();
    const answer = (host: string): SipRequest => {
      const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}`;
      const body = `v=0\r\nc=IN IP4 ${host}\r\nm=audio 6000 RTP/SAVP 0\r\n${key}\r\n`;
      return { ...request('ACK', 1, 6000), body };
    };
    expect(await readAnswerIn(session, answer('nowhere.example.net'), shape)).toBeNull();
    expect(session.sdp.offer().offerSdp).toBe(offerSdp);
    expect(await readAnswerIn(session, answer('192.0.2.9'), shape)).toMatchObject({
      security: { kind: 'sdes' },
    });
    expect(session.sdp.offer().offerSdp).not.toBe(offerSdp);
  });
});
