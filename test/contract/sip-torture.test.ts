import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { embeddedEdge, realEdge } from '../support/edge-under-test.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { parseRequest } from '../support/sip.ts';
import type { Verdict } from '../support/sip.ts';
import { SrfApp } from '../support/srf-app.ts';
import { tortureOutcome } from '../support/torture-wire.ts';
import {
  clauseOf,
  drachtioOutcomes,
  endsDrachtio,
  readRfc4475,
  readRfc5118,
  rfc4475,
  rfc5118,
} from '../torture/outcomes.ts';

/** Every torture message as a datagram to an edge with an application behind it, which refuses what it gets. */
const archives = [
  { rfc: 'RFC 4475', folder: 'torture/rfc4475', outcomes: rfc4475, read: readRfc4475 },
  { rfc: 'RFC 5118', folder: 'torture/rfc5118', outcomes: rfc5118, read: readRfc5118 },
];
/** What says that the message itself is at fault. */
const faults: readonly (number | null)[] = [400, 413, 416, 420, 483, 505];
const ofApp = { INVITE: 486, OPTIONS: 200, REGISTER: 403 };
/** Outside a dialog. No application takes MESSAGE here. */
const answers: Readonly<Partial<Record<string, number>>> = { ...ofApp, MESSAGE: 503 };

let edge: EdgeUnderTest;
let app: SrfApp;

// For each message its own: several have one Call-ID, and would be taken for copies (RFC 3261 §8.2.2.2).
beforeEach(async () => {
  edge = realEdge() ?? (await embeddedEdge());
  app = await SrfApp.connect(edge, {
    invite: (_req, res) => res.send(ofApp.INVITE),
    options: (_req, res) => res.send(ofApp.OPTIONS),
    register: (_req, res) => res.send(ofApp.REGISTER),
  });
});
afterEach(async () => {
  app.disconnect();
  await edge.close();
});

for (const { rfc, folder, outcomes, read } of archives) {
  describeShared(`${rfc} on the wire`, folder, (path) => {
    for (const outcome of outcomes) {
      const [section, file, verdict, why] = outcome;
      if (realEdge() && file === endsDrachtio) continue;
      it(`§${section} ${file}: ${why}`, clauseOf(rfc, outcome), async () => {
        const message = read(path, file);
        expectOutcome(file, message, verdict, await tortureOutcome(edge.sipPort, message));
      });
    }
  });
}

function expectOutcome(file: string, message: Buffer, verdict: Verdict, status: number | null): void {
  if (realEdge() && file in drachtioOutcomes) expect(status).toBe(drachtioOutcomes[file]);
  else if (typeof verdict === 'number') expect(status).toBe(verdict);
  else if (verdict === 'dropped' || message.toString('latin1').startsWith('SIP/')) expect(status).toBeNull();
  else if (realEdge()) expect(faults.includes(status) || status === null, `answered ${status}`).toBe(false);
  else expect(status).toBe(answerTo(message));
}

/** Whoever a message is for has answered: the application, or our edge that knows of nobody. */
function answerTo(message: Buffer): number {
  const { method, headers } = parseRequest(message);
  // RFC 3261 §12.2.2: it belongs to a call that there is not.
  if (/;\s*tag\s*=/i.test(headers.get('To') ?? '')) return 481;
  return answers[method] ?? 405;
}
