import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeShared } from '../support/shared-fixtures.ts';
import { SipCore } from '../support/sip-core.ts';

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return /\.(source|md)$/.test(name) ? [] : [path];
  });
}

/** What the edge itself says to some of them, whatever an app would. */
const statusOf: Readonly<Partial<Record<string, number>>> = {
  'badvers.dat': 505,
  'bext01.dat': 420,
  'insuf.dat': 400,
  'scalar02.dat': 400,
  'mismatch01.dat': 400,
  'unkscm.dat': 416,
  'zeromf.dat': 483,
};

describeShared('torture messages (RFC 4475, RFC 5118) at the edge’s core', 'torture', (folder) => {
  const files = filesBelow(folder);

  it.each(files)('%s is answered or dropped, and leaves nothing behind', async (file) => {
    const core = new SipCore();
    for (const route of ['options', 'register', 'message', 'info', 'subscribe', 'newmethod']) {
      core.registry.add(core.app, route);
    }
    await core.receive(readFileSync(file));
    const wanted = statusOf[file.split('/').at(-1) ?? ''];
    if (wanted !== undefined) expect(core.takeSent().map(({ status }) => status)).toEqual([wanted]);
    for (const { message, txnId } of core.app.delivered) {
      if (message.method !== 'ACK') await core.respond(txnId, 'SIP/2.0 486 Busy Here');
    }
    await core.advance(128_000);
    expect(core.counters).toMatchObject({ dialogs: 0, serverTransactions: 0, clientTransactions: 0 });
    expect(core.timers.pending).toBe(0);
  });

  it('does not mind them all at once', async () => {
    const core = new SipCore();
    for (const file of files) await core.receive(readFileSync(file));
    await core.advance(256_000);
    expect(core.counters).toMatchObject({ dialogs: 0, serverTransactions: 0, clientTransactions: 0 });
    expect(core.timers.pending).toBe(0);
  });
});
