import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../../../gateway/ports.ts';
import { endReasons } from '../../../../gateway/reasons.ts';
import { failureOf } from '../../../../gateway/sip/call-failures.ts';
import { invitationTo } from '../../../../gateway/sip/invitation.ts';
import { callFacts } from '../../../support/call-facts.ts';
import { gateway } from '../../../support/clause.ts';

const trunk: Trunk = {
  name: 'carrier',
  sources: [],
  srtp: 'off',
  video: false,
  tls: false,
  to: ['sip:carrier.example'],
};

const caller = callFacts();
const call = { trunk, number: '+4940200', from: null, caller };

describe('an invitation', () => {
  it.each([
    ['sip:carrier.example', 'sip:+4940200@carrier.example', 'udp', 'carrier.example', 5060],
    ['sips:carrier.example', 'sips:+4940200@carrier.example', 'tls', 'carrier.example', 5060],
    [
      'sip:192.0.2.9:5061;transport=tls',
      'sip:+4940200@192.0.2.9:5061;transport=tls',
      'tls',
      '192.0.2.9',
      5061,
    ],
    [
      'sip:[2001:db8::1]:5070;transport=tcp',
      'sip:+4940200@[2001:db8::1]:5070;transport=tcp',
      'tcp',
      '2001:db8::1',
      5070,
    ],
    ['sip:pool@carrier.example', 'sip:+4940200@carrier.example', 'udp', 'carrier.example', 5060],
  ])('to %s goes there', (to, uri, transport, address, port) => {
    const invitation = invitationTo({ ...call, trunk: { ...trunk, to: [to] } });
    expect(invitation).toMatchObject({ uris: [uri], facts: { transport, source: { address, port } } });
  });

  it('goes to all places of the trunk, and says one thing of itself', () => {
    const to = ['sip:a.example', 'sip:b.example:5070'];
    expect(invitationTo({ ...call, trunk: { ...trunk, to } })).toMatchObject({
      uris: ['sip:+4940200@a.example', 'sip:+4940200@b.example:5070'],
      headers: { From: '<sip:200@a.example>' },
      facts: { source: { address: 'a.example' } },
    });
  });

  it('shows the number of the plan, else the trunk’s, else the caller’s own', gateway('RFC 3325 §5'), () => {
    const own = { ...trunk, from: '+49308000' };
    const shown = (more: object) => invitationTo({ ...call, ...more })?.headers;
    expect(shown({ trunk: own, from: '+49308001' })).toMatchObject({
      From: '<sip:+49308001@carrier.example>',
      'P-Asserted-Identity': '<sip:+49308001@carrier.example>',
    });
    expect(shown({ trunk: own })).toMatchObject({ From: '<sip:+49308000@carrier.example>' });
    expect(shown({})).toMatchObject({ From: '<sip:200@carrier.example>' });
    expect(shown({})).not.toHaveProperty('P-Asserted-Identity');
  });

  it('of a caller without a name or number hides what it does not know', () => {
    const nobody = {
      uri: 'sip:anonymous.invalid',
      user: 'anonymous',
      host: 'anonymous.invalid',
      displayName: '',
    };
    const headers = invitationTo({ ...call, caller: { ...caller, trunk: 'pbx', from: nobody } })?.headers;
    expect(headers).toMatchObject({ From: '"Anonymous" <sip:anonymous@anonymous.invalid>', Privacy: 'id' });
    expect(headers).not.toHaveProperty('P-Asserted-Identity');
  });

  it('is one header field a line, whatever callers call themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (user, displayName) => {
        const from = { uri: 'sip:x@y', user, host: 'y', displayName };
        const invitation = invitationTo({ ...call, caller: { ...caller, trunk: 'pbx', from } });
        for (const value of Object.values(invitation?.headers ?? {})) expect(value).not.toMatch(/[\r\n\0]/);
        expect(invitation?.headers.From).toMatch(/^(?:"(?:[^"\\]|\\.)*" )?<sip:[^<>\s"]*>$/su);
      }),
    );
  });
});

describe('a failure', () => {
  const response = (status: number, reason?: string) => ({
    status,
    get: (name: string) => (name === 'reason' ? reason : undefined),
  });

  it('without a final response is the trunk’s', () => {
    expect(failureOf(null)).toBe('trunk-unavailable');
    expect(failureOf(response(408))).toBe('trunk-unavailable');
  });

  it('is read from the cause of the telephone network, wherever it stands', gateway('RFC 3326 §2'), () => {
    expect(failureOf(response(500, 'Q.850 ;cause=17 ;text="busy"'))).toBe('busy');
    expect(failureOf(response(500, 'SIP;cause=486;text="x, Q.850;cause=1", Q.850;text="a,b";cause=19'))).toBe(
      'no-answer',
    );
    expect(failureOf(response(486, 'Q.850;cause=127'))).toBe('busy');
  });

  it('is always one of ours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 699 }), fc.string(), (status, reason) => {
        expect(endReasons).toContain(failureOf(response(status, reason)));
      }),
    );
  });
});
