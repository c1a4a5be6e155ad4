import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { EndReason } from '../../../../gateway/reasons.ts';
import { admit } from '../../../../gateway/sip/admission.ts';
import { ExposedKeys } from '../../../../gateway/sip/exposed-keys.ts';
import { defaultSipLimits } from '../../../../gateway/sip/limits.ts';
import { createSipLeg } from '../../../../gateway/sip/sip-leg.ts';
import type { SipDialog, SipRequest, SipResponse } from '../../../../gateway/sip/srf-messages.ts';
import { FakeMediaNode } from '../../../fakes/media-node.ts';
import { gateway } from '../../../support/clause.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { fakeRequest, inviteFields } from '../../../support/sip-message.ts';

const fields = { ...inviteFields, 'Content-Type': 'application/sdp' };
const sdp = 'v=0\r\nc=IN IP4 192.0.2.20\r\nm=audio 5004 RTP/AVP 0\r\n';

/** A call that talks, over a stack that takes whatever it is given. */
async function talking() {
  const req = fakeRequest(fields, { body: sdp });
  const admitted = admit(req, { transport: 'udp', trunk: null }, 1000);
  if (!admitted.ok) throw new Error(admitted.text);
  const dialog = Object.assign(new EventEmitter(), { local: { contact: undefined } });
  const leg = createSipLeg(
    {
      ...admitted,
      req,
      res: {} as SipResponse,
      connection: {
        server: 'sip-1:9022',
        stack: { accept: (_req, _res, _options, done) => done(null, dialog as unknown as SipDialog) },
      },
      media: new FakeMediaNode(),
      publicAddresses: [],
      codecs: ['PCMU'],
      srtp: 'prefer',
      video: true,
      exposedKeys: new ExposedKeys(quietLog()),
      limits: defaultSipLimits,
      resolve: () => Promise.resolve(null),
      log: quietLog(),
    },
    () => undefined,
  );
  const ended = new Promise<EndReason>((resolve) => leg.on('ended', resolve));
  const answered = leg.answer();
  await expect.poll(() => dialog.listenerCount('ack')).toBe(1);
  dialog.emit('ack', fakeRequest({ CSeq: '1 ACK' }, { method: 'ACK' }));
  await answered;
  return { leg, dialog, ended };
}

it.each([
  ['of the caller’s hangs up', 'network', 'caller-hung-up'],
  ['of the SIP server’s own says that the caller is gone', 'application', 'peer-unreachable'],
] as const)('a BYE %s', gateway('RFC 3261 §13.3.1.4'), async (_what, source, reason) => {
  const { leg, dialog, ended } = await talking();
  dialog.emit('destroy', { ...fakeRequest(fields, { method: 'BYE' }), source } satisfies SipRequest);
  expect(await ended).toBe(reason);
  await leg.end(reason);
});
