/** Whatever comes back to our INVITE: the call is answered or fails in our own words, and leaves nothing behind. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Trunk } from '../../gateway/ports.ts';
import { LegError } from '../../gateway/errors.ts';
import { ExposedKeys } from '../../gateway/sip/exposed-keys.ts';
import { invitationTo } from '../../gateway/sip/invitation.ts';
import { defaultSipLimits } from '../../gateway/sip/limits.ts';
import { createOutgoingLeg } from '../../gateway/sip/outgoing-leg.ts';
import type { CallEvents } from '../../gateway/sip/placed-call.ts';
import type { SipDialog, SipResponse } from '../../gateway/sip/srf.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import { callFacts } from '../support/call-facts.ts';
import { offer } from '../support/legs.ts';
import { quietLog } from '../support/quiet-log.ts';

const trunk: Trunk = {
  name: 'carrier',
  sources: [],
  srtp: 'prefer',
  video: false,
  tls: false,
  to: 'sip:carrier.example',
};

const good = offer();
const piece = fc.oneof(
  fc.constantFrom('m=audio', ' 0', '\r\n', '0.0.0.0', 'RTP/SAVP', '\0', '=', '-1'),
  fc.string(),
);

/** An answer with cuts and insertions, or anything at all. */
const body = fc.oneof(
  fc.constantFrom('', good, offer({ direction: 'inactive' }), offer({ port: 0 }), offer({ codecs: '18' })),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.record({ at: fc.nat(good.length), cut: fc.nat(20), put: piece }), { maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), good),
    ),
);
const type = fc.constantFrom('application/sdp', 'text/plain', 'multipart/mixed;boundary=x', '');
const response = (status: fc.Arbitrary<number>) =>
  fc.record({ status, body, type, reason: fc.oneof(fc.constant(''), fc.string()) });
type Said = { status: number; body: string; type: string; reason: string };

const scenario = fc.record({
  progress: fc.array(response(fc.integer({ min: 101, max: 199 })), { maxLength: 3 }),
  final: fc.option(response(fc.oneof(fc.constant(200), fc.integer({ min: 300, max: 699 })))),
  /** The caller has left before it. */
  isLeft: fc.boolean(),
});

function received({ status, body, type, reason }: Said): SipResponse {
  const fields: Record<string, string> = { 'content-type': type, reason };
  return {
    status,
    body,
    source_address: '192.0.2.9',
    get: (name: string) => fields[name.toLowerCase()],
  } as SipResponse;
}

it('is answered or fails in our own words, and nothing of it is left', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ progress, final, isLeft }) => {
      const media = new FakeMediaNode();
      const dialog = Object.assign(new EventEmitter(), {
        id: 'd',
        local: { contact: undefined },
        byes: 0,
        destroy(_options: object, done: () => void) {
          this.byes++;
          done();
        },
      });
      let events: CallEvents | null = null;
      let cancelled = 0;
      const call = { trunk, number: '1', from: null, caller: callFacts() };
      const invitation = invitationTo(call);
      if (!invitation) throw new Error('no invitation');
      const leg = createOutgoingLeg(
        {
          invitation,
          connection: {
            server: 's',
            stack: {
              call: (_uri, _options, on) => {
                events = on;
                return { cancel: () => cancelled++ };
              },
            },
          },
          media,
          publicAddresses: [],
          codecs: ['PCMU', 'PCMA'],
          srtp: 'prefer',
          credentials: () => Promise.resolve(null),
          exposedKeys: new ExposedKeys(quietLog()),
          limits: { ...defaultSipLimits, hangUpMs: 5, resolveMs: 5 },
          resolve: () => Promise.resolve(null),
          log: quietLog(),
        },
        () => undefined,
      );
      const outcome = leg.call().then(
        () => 'answered',
        (error: unknown) => (error instanceof LegError ? error.reason : error),
      );
      await expect.poll(() => events, { interval: 1 }).not.toBeNull();
      const on = events as unknown as CallEvents;
      for (const said of progress) on.progress(received(said));
      const leaving = isLeft ? leg.end('caller-cancelled') : null;
      const isAnswered = final?.status === 200;
      if (final && isAnswered) on.answered(dialog as unknown as SipDialog, received(final));
      else if (final) on.failed(received(final));
      else if (!isLeft) on.failed(null);
      expect(typeof (await outcome)).toBe('string');
      await Promise.all([leaving, leg.end('caller-hung-up')]);
      expect(media.open).toEqual([]);
      expect(dialog.byes).toBe(isAnswered ? 1 : 0);
      expect(cancelled).toBe(isLeft && !isAnswered ? 1 : cancelled);
    }),
  );
});
