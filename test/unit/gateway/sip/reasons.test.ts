import { describe, expect, it } from 'vitest';
import { endReasons } from '../../../../gateway/reasons.ts';
import { byeHeaders, refusalHeaders, sipEndings } from '../../../../gateway/sip/reasons.ts';

describe('reasons on the wire', () => {
  it.each(endReasons)('%s refuses with a final status, a cause and words', (reason) => {
    const { status, phrase, q850 } = sipEndings[reason];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(700);
    expect(phrase).toMatch(/^[A-Z][A-Za-z ]+$/);
    expect(q850).toBeGreaterThan(0);
    expect(q850).toBeLessThan(128);
    const headers = refusalHeaders(reason);
    expect(headers['Reason']).toMatch(/^Q\.850;cause=\d+;text="[^"\\\r\n]+"$/);
    expect(headers['Warning']).toMatch(/^3\d\d gateway "[^"\\\r\n]+"$/);
    expect(byeHeaders(reason)['Reason']).toMatch(
      /^Q\.850;cause=\d+;text="[^"\\\r\n]+", SIP;cause=\d{3};text="[^"\\\r\n]+"$/,
    );
  });

  it('refuses media with 488, which tells devices to try another offer', () => {
    for (const reason of ['no-common-codec', 'encryption-required', 'bad-offer'] as const)
      expect(sipEndings[reason].status).toBe(488);
  });

  it('asks for a later try when the gateway is full', () => {
    expect(refusalHeaders('too-many-calls')['Retry-After']).toBe('10');
    expect(refusalHeaders('no-route')).not.toHaveProperty('Retry-After');
  });

  it('says more exactly what is wrong when it knows', () => {
    expect(refusalHeaders('bad-offer', { code: 301, text: 'The "address" is IP6' })['Warning']).toBe(
      '301 gateway "The address is IP6"',
    );
  });
});
