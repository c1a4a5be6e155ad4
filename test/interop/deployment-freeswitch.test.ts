import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkFreeSwitch } from '../../gateway/mixing/esl-check.ts';
import { Deployment } from '../support/deployment.ts';
import type { Running } from '../support/deployment.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import { deploymentVariables } from '../support/made-env.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForFreeSwitch()],
  'the mixing tier of docker-compose.yml, run by a real FreeSWITCH',
  () => {
    let mixer: Deployment;
    let secret: string;
    let running: Running;

    beforeAll(async () => {
      const variables = await deploymentVariables();
      secret = variables.FREESWITCH_SECRET ?? '';
      mixer = await Deployment.prepare(variables);
      running = mixer.freeswitch();
      await until('FreeSWITCH is well', () => isWell(), 30_000);
    }, 60_000);
    afterAll(() => mixer.close());

    const isWell = () => mixer.isHealthy('freeswitch', {}, mixer.freeswitchHome());
    const place = () => ({ host: '127.0.0.1', port: mixer.ports.esl, secret });

    it('takes the event socket’s secret from the environment, and has the gateway’s profile', async () => {
      await expect(checkFreeSwitch(place())).resolves.toBeDefined();
      await expect(checkFreeSwitch({ ...place(), secret: 'change-me' })).rejects.toThrow();
      const processes = spawnSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' }).stdout;
      expect(processes).not.toContain(secret);
    });

    it('is ill as soon as it is gone', async () => {
      await running.stop();
      expect(isWell()).toBe(false);
    });
  },
  { elective: true },
);
