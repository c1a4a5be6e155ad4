import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { CallRecord, CallSearch } from '../../../../gateway/ports.ts';
import { aRecord, bearer, FakeRecords, openDoor } from '../../../fakes/admin.ts';
import type { Door } from '../../../fakes/admin.ts';

const pageSize = 500;
const pages = 60;
/** Of some 2 MB a page. */
const trace = { words: 'x'.repeat(4000) };

/** More records than anybody wants to have in memory. */
class ManyRecords extends FakeRecords {
  asked = 0;

  override findCalls({ limit }: CallSearch): Promise<readonly CallRecord[]> {
    if (limit === 1) return Promise.resolve([aRecord]);
    const page = this.asked++;
    const length = page < pages ? pageSize : 0;
    return Promise.resolve(
      Array.from({ length }, (_, i) => ({ ...aRecord, id: `call-${page}-${i}`, trace })),
    );
  }
}

let door: Door;
afterEach(() => door.server.close());

it('an export is read no faster than its client takes it, and comes whole in the end', async () => {
  const records = new ManyRecords();
  door = await openDoor({ records });
  const socket = connect(await door.server.listen(), '127.0.0.1');
  const path = '/api/v1/calls/records/export?format=jsonl';
  socket.write(`GET ${path} HTTP/1.0\r\nAuthorization: ${bearer.authorization}\r\n\r\n`);
  // Only the beginning is taken: whatever is read beyond that waits in memory, or in the kernel.
  await once(socket, 'readable');
  const stalledAt = await whenUnchanged(() => records.asked);
  expect(stalledAt).toBeLessThan(15);
  let lines = 0;
  socket.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
  });
  await once(socket, 'end');
  expect(records.asked).toBe(pages + 1);
  // And the lines of the answer's head.
  expect(lines).toBeGreaterThanOrEqual(pages * pageSize);
});

/** What it is when nothing has moved it for a good many turns of the event loop. */
async function whenUnchanged(value: () => number): Promise<number> {
  let last = value();
  for (let turns = 0; turns < 2000; turns += 1) {
    await nextTurn();
    if (value() === last) continue;
    last = value();
    turns = 0;
  }
  return last;
}
