import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callerIdentity, type CallerFacts } from '../../../../gateway/rooms/identity.ts';

const facts: CallerFacts = {
  number: '+4930123456',
  calledNumber: '1000',
  callId: 'call-1',
  wireCallId: 'abc@198.51.100.7',
  trunk: 'carrier',
  rule: 'pin',
  hostname: '198.51.100.7',
  role: 'guest',
  hideNumbers: false,
  secret: 'secret',
  taken: () => false,
};

describe('a caller in the room', () => {
  test('has the name and attributes that LiveKit’s own SIP service gives', () => {
    expect(callerIdentity(facts)).toEqual({
      identity: 'sip_+4930123456',
      name: 'Phone +4930123456',
      attributes: {
        'sip.callID': 'call-1',
        'sip.callIDFull': 'abc@198.51.100.7',
        'sip.callStatus': 'active',
        'sip.phoneNumber': '+4930123456',
        'sip.trunkPhoneNumber': '1000',
        'sip.trunkID': 'carrier',
        'sip.ruleID': 'pin',
        'sip.hostname': '198.51.100.7',
        'gateway.role': 'guest',
      },
    });
  });

  test('shows the last four digits only when numbers are hidden, and always the same identity', () => {
    const hidden = callerIdentity({ ...facts, hideNumbers: true });
    expect(hidden.name).toBe('Phone 3456');
    expect(hidden.identity).toMatch(/^sip_[0-9a-f]{16}$/);
    expect(JSON.stringify(hidden)).not.toMatch(/4930123456|198\.51\.100\.7/);
    expect(hidden.attributes).not.toHaveProperty('sip.phoneNumber');
    expect(callerIdentity({ ...facts, hideNumbers: true, callId: 'call-2' }).identity).toBe(hidden.identity);
    expect(callerIdentity({ ...facts, hideNumbers: true, secret: 'other' }).identity).not.toBe(
      hidden.identity,
    );
  });

  test('gets four characters more when its number is in the room already', () => {
    const taken = new Set(['sip_+4930123456']);
    const second = callerIdentity({ ...facts, callId: 'call-2', taken: (one) => taken.has(one) }).identity;
    expect(second).toMatch(/^sip_\+4930123456_[0-9a-f]{4}$/);
    taken.add(second);
    const third = callerIdentity({ ...facts, callId: 'call-2', taken: (one) => taken.has(one) }).identity;
    expect(third).toMatch(/^sip_\+4930123456_[0-9a-f]{4}$/);
    expect(third).not.toBe(second);
  });

  test('without a number is anonymous', () => {
    expect(callerIdentity({ ...facts, number: '' })).toMatchObject({
      identity: 'sip_anonymous',
      name: 'Phone anonymous',
    });
  });

  test('whatever a From header says, name and identity stay short and plain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (number, hideNumbers) => {
        const { identity, name } = callerIdentity({ ...facts, number, hideNumbers });
        expect(identity).toMatch(/^sip_[\p{L}\p{N}+*#._-]+$/u);
        expect(name).toMatch(/^Phone [\p{L}\p{N}+*#._-]+$/u);
        expect(Array.from(identity).length).toBeLessThanOrEqual(68);
      }),
      { examples: [['\u{1D400}'.repeat(80) + 'a', true]], numRuns: 50 },
    );
  });
});
