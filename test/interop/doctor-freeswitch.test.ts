import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../../gateway/config/load.ts';
import { checkFreeSwitches, overEventSocket } from '../../gateway/doctor/checks/freeswitch.ts';
import { describeWith } from '../support/needs.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForFreeSwitch()],
  'npm run doctor and a real FreeSWITCH',
  () => {
    const open: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    it('finds the one of deploy/freeswitch well, and says that it refuses a secret', async () => {
      const server = await startFreeSwitch();
      open.push(server);
      const look = (secret: string) => {
        const env = { MIXING: 'freeswitch', FREESWITCH_PORT: String(server.port), FREESWITCH_SECRET: secret };
        const config = loadConfig({ argv: ['--calls.maxCalls', '100'], env, folder: server.folder });
        return checkFreeSwitches(config, overEventSocket, new AbortController().signal);
      };
      // Its event socket is there before its last modules are.
      const [well] = await until('it is well', async () => {
        const findings = await look(server.secret);
        return findings.every(({ state }) => state === 'ok') && findings;
      });
      expect(well.what).toMatch(
        /^FreeSWITCH 1\.\S+ at 127\.0\.0\.1:\d+ has all that is needed, RTP ports \d+–\d+$/,
      );
      const [refused] = await look('quite wrong');
      expect(refused).toMatchObject({ state: 'failed' });
      expect(refused.why).toContain('does not take the secret');
      expect(JSON.stringify(refused)).not.toContain('quite wrong');
    });
  },
  { elective: true },
);
