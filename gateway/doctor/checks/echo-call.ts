import { withDeadline } from '../../../mcu/deadline.ts';
import { PhoneCall } from '../call/phone-call.ts';
import type { SipPlace } from '../call/sip-place.ts';
import { because, failed, leftOut, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { encryptedReason, refusal } from './test-call.ts';
import type { CallOptions } from './test-call.ts';

const hz = 700;
const answerMs = 6_000;
/** The echo test is explained first, which takes some six seconds. */
const heardMs = 14_000;

/** Calls the echo test and says a tone until it comes back. */
export async function checkEchoCall(
  place: SipPlace,
  { number, nearOf, encryptedOnly }: CallOptions,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (encryptedOnly) return [leftOut('a call to the echo test', encryptedReason)];
  let call: PhoneCall;
  try {
    call = await withDeadline(answerMs, [signal], (until) =>
      PhoneCall.dial(place, number, { nearOf, signal: until }),
    );
  } catch (error) {
    return [refusal(number, error)];
  }
  const { media } = call;
  try {
    media.say(hz);
    const heard = withDeadline(heardMs, [signal], (until) => media.hears(hz, until));
    const hungUp = call.ended.then((reason) => Promise.reject(new Error(`the gateway hung up: ${reason}`)));
    await Promise.race([heard, hungUp]);
    return [ok(`${number} answers, and what is said comes back`)];
  } catch (error) {
    return [media.packets === 0 ? silent(number) : noEcho(number, error)];
  } finally {
    await call.hangUp();
  }
}

function silent(number: string): Finding {
  return failed(`A call to ${number} is answered, but no sound comes.`, {
    why: 'RTP does not pass between the media node and this machine’s own address.',
    todo: 'Open UDP from media.rtpPortMin to media.rtpPortMax; check host and publicIp.',
  });
}

function noEcho(number: string, error: unknown): Finding {
  return failed(`A call to ${number} is answered and heard, but what is said does not come back.`, {
    why: because(error),
    todo: 'Check that UDP reaches media.rtpPortMin to media.rtpPortMax, and that this number is an echo test in the dial plan.',
  });
}
