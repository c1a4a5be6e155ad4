import { expect, it } from 'vitest';
import { discreet } from '../../../../gateway/rooms/local-livekit.ts';

it('takes callers’ numbers out of what LiveKit logs, and leaves the rest', () => {
  const line =
    '2026-01-02T03:04:05\tERROR\trtc\tfailed\t{"participant": "sip_+4930123456", "pID": "PA_12345"}';
  expect(discreet(line)).toBe(line.replace('+4930123456', '…56'));
  expect(discreet('sip_4930123456_a1b2')).toBe('sip_…56_a1b2');
});
