import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { loadConfig } from '../../gateway/config/load.ts';
import { startGateway } from '../../gateway/gateway.ts';
import { missingForGateway } from '../support/gateway.ts';
import { findLiveKitBinary } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf, descendants } from '../support/process-tree.ts';

describeWith([missingForGateway()], 'a start that fails', () => {
  it('leaves none of its processes, although the others were still starting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-failed-'));
    writeFileSync(join(folder, 'broken.yaml'), 'version: 1\nrules: 7\n');
    const binary = findLiveKitBinary() ?? '';
    const ports = ['sip.port', 'sip.tls.port', 'sip.adminPort', 'http.port', 'livekit.port'];
    const config = loadConfig({
      argv: [
        ...['--dataFolder', folder, '--livekit.binary', binary, '--log.level', 'silent'],
        ...ports.flatMap((key) => [`--${key}`, '0']),
        // Read at once, while LiveKit and the SIP edge have hardly begun.
        ...['--dialPlans.folder', folder],
      ],
      env: {},
      folder,
    });
    const before = new Set(descendants(process.pid));
    await expect(startGateway(config, new Writable({ write: (_c, _e, done) => done() }))).rejects.toThrow(
      /broken\.yaml/,
    );
    const left = descendants(process.pid).filter((pid) => !before.has(pid));
    expect(left.map(commandOf).filter((command) => command !== '')).toEqual([]);
    rmSync(folder, { recursive: true });
  }, 60_000);
});
