import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { embeddedEdge, realEdge } from '../support/edge-under-test.ts';
import { describeShared } from '../support/shared-fixtures.ts';
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

let edge: EdgeUnderTest;
let app: SrfApp;

beforeAll(async () => {
  edge = realEdge() ?? (await embeddedEdge());
  app = await SrfApp.connect(edge, {
    invite: (_req, res) => res.send(486),
    options: (_req, res) => res.send(200),
    register: (_req, res) => res.send(403),
  });
});
afterAll(async () => {
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
  // Whoever it was for has answered: the application, or the edge that found no call for it.
  else expect(faults.includes(status) || status === null, `answered ${status}`).toBe(false);
}
