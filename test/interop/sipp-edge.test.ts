import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { embeddedEdge } from '../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { describeWith } from '../support/needs.ts';
import { plainSdp } from '../support/sip-ua.ts';
import { missingForSipp } from '../support/sipp.ts';
import { SrfApp } from '../support/srf-app.ts';
import { until } from '../support/until.ts';

const calls = 200;
const perSecond = 50;

describeWith([missingForSipp], 'SIPp at the embedded edge, with an srf app behind it', () => {
  let edge: EdgeUnderTest;
  let app: SrfApp;
  /** SIPp leaves its files where it runs. */
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sipp-'));
    edge = await embeddedEdge();
    app = await SrfApp.connect(edge, {
      invite: (req, res) => {
        res.send(180);
        void app.srf.createUAS(req, res, { localSdp: plainSdp() });
      },
    });
  });
  afterAll(async () => {
    for (const child of children) child.kill();
    app.disconnect();
    await edge.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves with the exit code: 0 when every call went as the scenario says. */
  const sipp = (...options: string[]): { child: ChildProcess; ended: Promise<number | null> } => {
    const common = ['-i', '127.0.0.1', '-nostdin', '-timeout', '30', '-timeout_error'];
    const child = spawn('sipp', [...options, ...common], { cwd: folder, stdio: 'ignore' });
    children.push(child);
    return { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
  };

  it.each(['u1', 't1'])(
    `takes ${calls} calls at ${perSecond} a second (transport %s)`,
    async (transport) => {
      const port = String(await freePort('127.0.0.1'));
      const { ended } = sipp(
        ...['-sn', 'uac', `127.0.0.1:${edge.sipPort}`, '-t', transport, '-p', port],
        ...['-m', String(calls), '-r', String(perSecond), '-d', '300', '-s', '1000'],
      );
      expect(await ended).toBe(0);
      expect(edge.edge?.counters).toMatchObject({ dialogs: 0, overloaded: 0, ackTimeouts: 0 });
    },
    45_000,
  );

  it(`makes ${calls} calls at ${perSecond} a second`, async () => {
    const port = await freePort('127.0.0.1');
    sipp('-sn', 'uas', '-p', String(port));
    let ended = 0;
    let failed = 0;
    const call = async (): Promise<void> => {
      const dialog = await app.srf.createUAC(`sip:bob@127.0.0.1:${port}`, { localSdp: plainSdp() });
      await dialog.destroy();
      ended += 1;
    };
    // SIPp needs a moment to bind; whoever calls too early hears 503.
    const tryOne = (): unknown => call().catch(() => setTimeout(tryOne, 50));
    tryOne();
    await until('SIPp answers', () => ended === 1);
    for (let count = 0; count < calls; count += 1) {
      call().catch(() => (failed += 1));
      await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
    }
    await until('all calls have ended', () => ended + failed > calls, 20_000);
    expect(failed).toBe(0);
    expect(edge.edge?.counters.dialogs).toBe(0);
  }, 60_000);
});
