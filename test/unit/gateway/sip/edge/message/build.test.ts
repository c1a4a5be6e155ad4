import { describe, expect, test } from 'vitest';
import { tagOf } from '../../../../../../gateway/sip/edge/message/address.ts';
import {
  ackFor,
  canAnswer,
  cancelFor,
  newRequest,
  responseTo,
} from '../../../../../../gateway/sip/edge/message/build.ts';
import { serialize } from '../../../../../../gateway/sip/edge/message/serialize.ts';
import type { SipRequest } from '../../../../../../gateway/sip/edge/message/types.ts';
import {
  unsupportedExtensions,
  validateRequest,
} from '../../../../../../gateway/sip/edge/message/validate.ts';
import { judge } from '../../../../../support/sip.ts';

const invite = (more: readonly (readonly [string, string])[] = []): SipRequest =>
  newRequest('INVITE', 'sip:b@x.example', [
    ['Via', 'SIP/2.0/UDP p.example;branch=z9hG4bKp, SIP/2.0/UDP c.example;branch=z9hG4bKc'],
    ['Via', 'SIP/2.0/UDP d.example;branch=z9hG4bKd'],
    ['Record-Route', '<sip:p.example;lr>'],
    ['From', '<sip:a@x.example>;tag=a'],
    ['To', '<sip:b@x.example>'],
    ['Call-ID', 'c1'],
    ['CSeq', '7 INVITE'],
    ['Max-Forwards', '70'],
    ['Timestamp', '54'],
    ...more,
  ]);

describe('responseTo', () => {
  test('copies what RFC 3261 §8.2.6.2 names, in order', () => {
    const response = responseTo(invite(), 180, undefined, 'b');
    expect(response.reason).toBe('Ringing');
    expect([...response.headers].map(({ name }) => name)).toEqual([
      'Via',
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
      'Record-Route',
    ]);
    expect(response.headers.getAll('Via')).toHaveLength(3);
    expect(tagOf(response.headers.get('To'))).toBe('b');
  });

  test('a 100 has no tag and brings the Timestamp back', () => {
    const trying = responseTo(invite(), 100, undefined, 'b');
    expect([tagOf(trying.headers.get('To')), trying.headers.get('Timestamp')]).toEqual([undefined, '54']);
  });

  test('a refusal has no Record-Route', () => {
    expect(responseTo(invite(), 486).headers.has('Record-Route')).toBe(false);
  });

  test('a tag that is there stays', () => {
    const request = invite();
    request.headers.set('To', '<sip:b@x.example>;tag=old');
    expect(tagOf(responseTo(request, 200, 'OK', 'new').headers.get('To'))).toBe('old');
  });

  test('what can’t be read goes back as it came', () => {
    const request = invite();
    request.headers.set('To', '"broken');
    expect(responseTo(request, 400, undefined, 'b').headers.get('To')).toBe('"broken');
  });

  test('an ACK is never answered, nor what has no Via', () => {
    const lost = invite();
    lost.headers.remove('Via');
    const ack = { ...invite(), method: 'ACK' };
    expect([canAnswer(invite()), canAnswer(ack), canAnswer(lost), canAnswer(undefined)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('its text is a good response', () => {
    expect(judge(serialize(responseTo(invite(), 200, undefined, 'b')))).toBe('taken');
  });
});

describe('requests of an INVITE’s transaction', () => {
  test('ACK: the top Via alone, the To of the response (RFC 3261 §17.1.1.3)', () => {
    const request = invite([['Route', '<sip:r.example;lr>']]);
    const ack = ackFor(request, responseTo(request, 486, undefined, 'b'));
    expect([ack.method, ack.uri, ack.headers.get('CSeq')]).toEqual(['ACK', 'sip:b@x.example', '7 ACK']);
    expect(ack.headers.getAll('Via')).toEqual(['SIP/2.0/UDP p.example;branch=z9hG4bKp']);
    expect(tagOf(ack.headers.get('To'))).toBe('b');
    expect(ack.headers.get('Route')).toBe('<sip:r.example;lr>');
    expect(validateRequest(ack)).toBeNull();
  });

  test('CANCEL: the To of the request (RFC 3261 §9.1)', () => {
    const cancel = cancelFor(invite([['Require', '100rel']]));
    expect([cancel.headers.get('CSeq'), cancel.headers.get('To')]).toEqual(['7 CANCEL', '<sip:b@x.example>']);
    expect(cancel.headers.has('Require')).toBe(false);
    expect(validateRequest(cancel)).toBeNull();
  });
});

describe('validateRequest', () => {
  const changed = (change: (request: SipRequest) => void): number | null => {
    const request = invite();
    change(request);
    return validateRequest(request)?.status ?? null;
  };

  test('a good one', () => {
    expect(changed(() => undefined)).toBeNull();
  });

  test.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])('no %s: 400', (name) => {
    expect(changed(({ headers }) => headers.remove(name))).toBe(400);
  });

  test.each(['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'])('two %s: 400', (name) => {
    expect(changed(({ headers }) => headers.append(name, headers.get(name) ?? ''))).toBe(400);
  });

  test('Max-Forwards 0: 483 at the entrance, nothing in a dialog, for CANCEL and for ACK', () => {
    expect(changed(({ headers }) => headers.set('Max-Forwards', '0'))).toBe(483);
    expect(
      changed(({ headers }) => headers.set('Max-Forwards', '0').set('To', '<sip:b@x>;tag=b')),
    ).toBeNull();
    const cancel = cancelFor(invite());
    cancel.headers.set('Max-Forwards', '0');
    expect(validateRequest(cancel)).toBeNull();
  });

  test.each(['-1', '256', 'x', ''])('Max-Forwards %j: 400', (hops) => {
    expect(changed(({ headers }) => headers.set('Max-Forwards', hops))).toBe(400);
  });

  test('schemes', () => {
    const withUri = (uri: string) => changed((request) => (request.uri = uri));
    expect([withUri('tel:+4930'), withUri('sips:b@x'), withUri('http://x'), withUri('sip:a@b@c')]).toEqual([
      null,
      null,
      416,
      400,
    ]);
  });

  test('what is required and unknown is named', () => {
    const request = invite([
      ['Require', '100REL, x-a'],
      ['Require', 'x-b'],
    ]);
    expect(unsupportedExtensions(request, ['100rel'])).toEqual(['x-a', 'x-b']);
    expect(unsupportedExtensions({ ...request, method: 'ACK' }, [])).toEqual([]);
  });
});
