/** Whatever comes back to our INVITE: the call is answered or fails in our own words, and leaves nothing behind. */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Trunk } from '../../gateway/ports.ts';
import { LegError } from '../../gateway/errors.ts';
import { ExposedKeys } from '../../gateway/sip/exposed-keys.ts';
import { invitationTo } from '../../gateway/sip/invitation.ts';
import { defaultSipLimits } from '../../gateway/sip/limits.ts';
import { Redirection } from '../../gateway/sip/redirection.ts';
import { createOutgoingLeg } from '../../gateway/sip/outgoing-leg.ts';
import type { CallEvents } from '../../gateway/sip/placed-call.ts';
import type { SipDialog, SipResponse } from '../../gateway/sip/srf-messages.ts';
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
  to: ['sip:carrier.example', 'sip:other.example'],
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
const challenge = 'Digest realm="r", nonce="n", qop="auth"';
const response = (status: fc.Arbitrary<number>) =>
  fc.record({
    status,
    body,
    type,
    reason: fc.oneof(fc.constant(''), fc.string()),
    contact: fc.oneof(
      fc.constantFrom(
        '<sip:1@carrier.example>',
        '<sip:1@gw.carrier.example>;q=0.5',
        'sip:2@else.example',
        '',
      ),
      fc.string(),
    ),
    asks: fc.oneof(
      fc.constantFrom(challenge, `${challenge}, stale=true`, 'Basic realm="r"', ''),
      fc.string(),
    ),
    minSe: fc.constantFrom('', '3600', '7200', 'x'),
  });
type Said = typeof response extends (status: never) => fc.Arbitrary<infer S> ? S : never;

const refused = response(
  fc.oneof(fc.constantFrom(302, 401, 407, 408, 422, 486, 503), fc.integer({ min: 300, max: 699 })),
);

const scenario = fc.record({
  progress: fc.array(response(fc.integer({ min: 101, max: 199 })), { maxLength: 3 }),
  refusals: fc.array(refused, { maxLength: 12 }),
  /** Of the last INVITE; null: nothing came at all. */
  answer: fc.option(response(fc.constant(200))),
  /** The caller has left before it. */
  isLeft: fc.boolean(),
});

function received({ status, body, type, reason, contact, asks, minSe }: Said): SipResponse {
  const fields: Record<string, string> = {
    ...{ 'content-type': type, reason, contact, 'min-se': minSe },
    ...{ 'www-authenticate': asks, 'proxy-authenticate': asks },
    ...{ 'call-id': 'c1', from: '<sip:us@gw>;tag=1', to: '<sip:1@carrier.example>;tag=2', cseq: '7 INVITE' },
  };
  return {
    status,
    body,
    source_address: '192.0.2.9',
    source_port: 5060,
    protocol: 'udp',
    get: (name: string) => fields[name.toLowerCase()],
  } as SipResponse;
}

it('is answered or fails in our own words, and nothing of it is left', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ progress, refusals, answer, isLeft }) => {
      const media = new FakeMediaNode();
      const dialog = Object.assign(new EventEmitter(), {
        id: 'd',
        local: { contact: undefined },
        byes: 0,
        request({ method }: { method: string }, done: (error: null, res: SipResponse) => void) {
          if (method === 'BYE') this.byes++;
          done(null, { status: 200, get: () => undefined } as unknown as SipResponse);
        },
      });
      const placed: CallEvents[] = [];
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
                placed.push(on);
                return { cancel: () => cancelled++ };
              },
            },
          },
          media,
          publicAddresses: [],
          codecs: ['PCMU', 'PCMA'],
          srtp: 'prefer',
          credentials: () => Promise.resolve({ username: 'acme', password: 'secret' }),
          redirection: new Redirection(trunk, '1', invitation.uris),
          exposedKeys: new ExposedKeys(quietLog()),
          limits: { ...defaultSipLimits, hangUpMs: 5, resolveMs: 5 },
          resolve: () => Promise.resolve(null),
          log: quietLog(),
        },
        () => undefined,
      );
      let isOver = false;
      const outcome = leg
        .call()
        .then(
          () => 'answered',
          (error: unknown) => (error instanceof LegError ? error.reason : error),
        )
        .finally(() => (isOver = true));
      await expect.poll(() => placed.length, { interval: 1 }).toBe(1);
      for (const said of progress) placed[0].progress(received(said));
      const leaving = isLeft ? leg.end('caller-cancelled') : null;
      for (const said of refusals) {
        const [before, on] = [placed.length, placed[placed.length - 1]];
        on.failed(received(said));
        await new Promise(setImmediate);
        if (placed.length === before) break;
      }
      const on = placed[placed.length - 1];
      const isAnswered = answer !== null && !isOver;
      if (isAnswered) on.answered(dialog as unknown as SipDialog, received(answer));
      else on.failed(null);
      // Whichever address of the trunk's is left does not answer either.
      for (let more = placed.length; !isAnswered; more = placed.length) {
        await new Promise(setImmediate);
        if (placed.length === more) break;
        placed[placed.length - 1].failed(null);
      }
      expect(typeof (await outcome)).toBe('string');
      await Promise.all([leaving, leg.end('caller-hung-up')]);
      expect(media.open).toEqual([]);
      expect(dialog.byes).toBe(isAnswered ? 1 : 0);
      // Two addresses, three places more, some proofs, some longer sessions.
      expect(placed.length).toBeLessThan(14);
      expect(cancelled).toBeLessThanOrEqual(isLeft ? 1 : 0);
    }),
  );
});
