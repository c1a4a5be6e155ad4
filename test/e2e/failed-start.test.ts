import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { loadConfig } from '../../gateway/config/load.ts';
import { startGateway } from '../../gateway/gateway.ts';
import { missingForGateway } from '../support/gateway.ts';
import { findLiveKitBinary } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf, descendants } from '../support/process-tree.ts';

describeWith([missingForGateway()], 'a start that fails', () => {
  it('leaves none of its processes, although the others were still starting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-failed-'));
    const binary = findLiveKitBinary() ?? '';
    const ports = ['sip.port', 'sip.tls.port', 'sip.adminPort', 'http.port', 'livekit.port'];
    const config = loadConfig({
      argv: [
        ...['--dataFolder', folder, '--livekit.binary', binary, '--log.level', 'silent'],
        ...ports.flatMap((key) => [`--${key}`, '0']),
        // Nobody listens there, and says so at once.
        ...['--database.url', `postgres://nobody@127.0.0.1:${await freePort('127.0.0.1')}/nothing`],
      ],
      env: {},
      folder,
    });
    const before = new Set(descendants(process.pid));
    await expect(startGateway(config, new Writable({ write: (_c, _e, done) => done() }))).rejects.toThrow(
      /database/,
    );
    const left = descendants(process.pid).filter((pid) => !before.has(pid));
    expect(left.map(commandOf).filter((command) => command !== '')).toEqual([]);
    rmSync(folder, { recursive: true });
  }, 60_000);
});
