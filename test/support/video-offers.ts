/** Offers of video and what we answer, in unit tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, LocalMedia } from '../../gateway/sip/offer-answer.ts';
import { answerOffer } from '../../gateway/sip/offer-answer.ts';
import type { LocalStream } from '../../gateway/sip/stream-line.ts';
import { expectCarriable } from './leg-config.ts';
import { expectLawfulAnswer } from './sdp-check.ts';
import { localSecurity } from './sdp-security.ts';

/** Our end of the video. */
export const stream = (): LocalStream => ({
  rtpPort: 21_000,
  rtcpPort: 21_001,
  security: localSecurity(),
  ice: null,
});

/** Ours; its ports are 20000 for the voice, 21000 for the video. */
export const local = (): LocalMedia => ({
  address: '198.51.100.7',
  rtpPort: 20_000,
  rtcpPort: 20_001,
  sessionId: 42,
  version: 3,
  supported: ['G722', 'PCMU', 'PCMA'],
  security: localSecurity(),
  ice: null,
  video: stream(),
});

/** A fixture of our own. */
export const own = (name: string): string => readFileSync(join('test/fixtures/sdp', `${name}.sdp`), 'utf8');

/** The answer, which is lawful and can be carried out; throws when the call is refused. */
export function answered(offer: string, to: LocalMedia = local()): Answer {
  const result = answerOffer(offer, to);
  if (!result.ok) throw new Error(`refused: ${result.reason} (${result.warning.text})`);
  expectLawfulAnswer(offer, result.answerSdp);
  expectCarriable(result.media);
  return result;
}
