import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { payloadOf } from '../../../../gateway/webhooks/payload.ts';
import { retryDelayMs } from '../../../../gateway/webhooks/retries.ts';
import { newSecret, sign } from '../../../../gateway/webhooks/signature.ts';

describe('the signature', () => {
  it('is the one of Standard Webhooks’ own example', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const body = '{"test": 2432232314}';
    expect(sign(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('is made with all bytes of the secret', () => {
    const secret = newSecret();
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    expect(key).toHaveLength(32);
    const expected = createHmac('sha256', key).update('a.1.{}').digest('base64');
    expect(sign(secret, 'a', 1, '{}')).toBe(`v1,${expected}`);
  });
});

it('retries go on for more than a day, ever more slowly, then end', () => {
  const delays = Array.from({ length: 20 }, (_, i) => retryDelayMs(i + 1, 0)).filter((ms) => ms !== null);
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  const total = delays.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThan(24 * 3600 * 1000);
  expect(delays[0]).toBe(5000);
  expect(retryDelayMs(13, 0.5)).toBeNull();
  // Gone for an hour: what failed at its beginning comes within two.
  const sums = delays.map((_, i) => delays.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0));
  expect(sums.find((ms) => ms > 3600_000)).toBeLessThan(2 * 3600_000);
});

it('a payload has no full number, unless that is wanted', () => {
  const event = {
    id: 'evt_1',
    type: 'participant.joined',
    at: '2026-01-01T00:00:00.000Z',
    tenant: 'default',
    data: { call: 'c1', room: 'weekly', identity: 'sip_4930111222', role: 'guest', from: '4930111222' },
  } as const;
  const masked = payloadOf(event, false);
  expect(masked).not.toContain('4930111222');
  expect(JSON.parse(masked)).toEqual({
    type: 'participant.joined',
    timestamp: event.at,
    tenant: 'default',
    data: { ...event.data, identity: 'sip_…22', from: '…22' },
  });
  expect(payloadOf(event, true)).toContain('sip_4930111222');
});
