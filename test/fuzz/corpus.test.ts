/** A byte mutator over real messages: our own fixtures and, where they are, the torture messages and devices' offers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOffer } from '../../gateway/sip/offer-answer.ts';
import { mutate, randomFrom } from '../support/byte-mutator.ts';
import { expectCarriable } from '../support/leg-config.ts';
import { fuzzFactor, fuzzSeed } from '../support/fuzz-seed.ts';
import { expectLawfulAnswer } from '../support/sdp-check.ts';
import { localSecurity } from '../support/sdp-security.ts';
import { sharedFixtures } from '../support/shared-fixtures.ts';
import { judge, wire } from '../support/sip.ts';

const rounds = 4000 * fuzzFactor();
const patience = { timeout: 20_000 * fuzzFactor() };
const local = {
  address: '198.51.100.7',
  rtpPort: 20_000,
  sessionId: 1,
  version: 1,
  supported: ['opus', 'G722', 'PCMU', 'PCMA'] as const,
  ice: null,
  security: localSecurity(),
  video: { rtpPort: 21_000, security: localSecurity(), ice: null },
};

function filesOf(folder: string | null, ending: RegExp): Buffer[] {
  if (folder === null) return [];
  return readdirSync(folder)
    .filter((name) => ending.test(name))
    .map((name) => readFileSync(join(folder, name)));
}

/** Runs the work on mutated copies; what it throws comes with all that is needed to see it again. */
function fuzz(corpus: readonly Buffer[], work: (bytes: Buffer) => void): void {
  expect(corpus.length).toBeGreaterThan(0);
  const random = randomFrom(fuzzSeed());
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(corpus[random(corpus.length)], random);
    try {
      work(bytes);
    } catch (error) {
      const facts = `seed ${fuzzSeed()}, round ${round}, base64 ${bytes.toString('base64')}`;
      throw new Error(`${facts}: ${String(error)}`, { cause: error });
    }
  }
}

const sip = [
  ...filesOf('test/fixtures/sip', /\.sip$/).map((bytes) => wire(bytes.toString('utf8'))),
  ...filesOf(sharedFixtures('torture/rfc4475'), /\.dat$/),
  ...filesOf(sharedFixtures('torture/rfc5118'), /./),
  ...filesOf(sharedFixtures('sip'), /\.sip$/),
];
const sdp = [...filesOf('test/fixtures/sdp', /\.sdp$/), ...filesOf(sharedFixtures('sip'), /\.sdp$/)];

test('SIP: every message is taken, refused or dropped', patience, () => {
  fuzz(sip, (bytes) => void judge(bytes));
});

test('SDP: every offer is answered by the rules, or refused', patience, () => {
  fuzz(sdp, (bytes) => {
    const offer = bytes.toString('utf8');
    const result = answerOffer(offer, local);
    if (!result.ok) return;
    expectLawfulAnswer(offer.replaceAll(/\r(?!\n)/g, '\r\n'), result.answerSdp);
    expectCarriable(result.media);
  });
});
