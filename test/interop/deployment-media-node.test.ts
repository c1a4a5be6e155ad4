/** The service `media-node` of docker-compose.yml, and the gateway that is told of it: their own words, on loopback. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { Caller } from '../support/caller.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { composeFiles } from '../support/compose-file.ts';
import type { Variables } from '../support/compose-file.ts';
import { Deployment, missingForRedis } from '../support/deployment.ts';
import type { Running } from '../support/deployment.ts';
import { missingForLiveKit } from '../support/livekit.ts';
import { deploymentVariables } from '../support/made-env.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf, descendants } from '../support/process-tree.ts';
import { until } from '../support/until.ts';

describeWith([missingForLiveKit(), missingForRedis], 'the media node of docker-compose.yml', () => {
  let variables: Variables;
  let all: Deployment;
  let mediaNode: Running;
  let gateway: Running;
  let sipPort: number;
  const authority = new TestAuthority();
  let files: CertificateFiles;

  /** What its container has at /tls is elsewhere here. */
  const mediaNodeHere = () => ({ MEDIA_HOST_TLS_CERT: files.certificate, MEDIA_HOST_TLS_KEY: files.key });
  const isWell = () => all.isHealthy('media-node', {}, mediaNodeHere());

  beforeAll(async () => {
    const made = await deploymentVariables();
    variables = { ...made, MEDIA_HOST_URL: `wss://127.0.0.1:${made.MEDIA_HOST_PORT ?? ''}` };
    all = await Deployment.prepare(variables, composeFiles.overrides);
    files = new CertificateFiles(authority.issue({ addresses: ['127.0.0.1'] }), authority);
    all.redis();
    all.livekit();
    mediaNode = all.mediaNode(mediaNodeHere());
    await until('LiveKit is well', () => all.isHealthy('livekit'), 20_000);
    await until('the media node is well', isWell, 20_000);
    sipPort = await freePort('127.0.0.1');
    gateway = all.gateway({
      // Parts that other tests of the deployment have.
      ...{ DRACHTIO_HOST: '', GATEWAY_SIP_PORT: String(sipPort), GATEWAY_SIP_TLS_LISTEN: 'off' },
      ...{ GATEWAY_SIP_ADMIN_PORT: String(await freePort('127.0.0.1')), DATABASE_URL: '' },
      ...{ GATEWAY_HTTP_TLS_CERT: files.certificate, GATEWAY_HTTP_TLS_KEY: files.key },
      ...{ GATEWAY_HOST: '127.0.0.1', GATEWAY_DATA_FOLDER: `${all.folder}/data` },
      GATEWAY_MEDIA_HOST_CA: files.ca,
    });
    const started = () => gateway.log().includes('Ctrl-C');
    await until('the gateway has started', () => started() || gateway.exitCode() !== null, 60_000);
    expect(started(), gateway.log()).toBe(true);
  }, 120_000);
  afterAll(async () => {
    await all.close();
    files.remove();
  });

  it('carries the gateway’s calls into rooms, by processes of its own', async () => {
    const caller = await Caller.open(sipPort);
    const answer = await caller.dial('demo');
    expect(answer.body).toContain(`c=IN IP4 ${variables.PUBLIC_IP ?? ''}\r\n`);
    await caller.hears('first-here', 'en', 20_000);
    await caller.hangUp();
    await caller.close();
    const isNode = (pid: number) => commandOf(pid).endsWith('/dist/mcu/main.js');
    expect(descendants(mediaNode.pid).filter(isNode)).not.toEqual([]);
    expect(descendants(gateway.pid).filter(isNode)).toEqual([]);
  }, 60_000);

  it('has its secret in no process list and no log', () => {
    const processes = spawnSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' }).stdout;
    const secret = variables.MEDIA_HOST_SECRET ?? '';
    for (const text of [processes, mediaNode.log(), gateway.log()]) expect(text).not.toContain(secret);
  });

  it('is ill as soon as it is gone, and leaves nothing behind', async () => {
    const pids = [mediaNode.pid, ...descendants(mediaNode.pid)];
    await mediaNode.stop();
    expect(mediaNode.exitCode()).toBe(0);
    expect(isWell()).toBe(false);
    await until('nothing of it is left', () => pids.every((pid) => commandOf(pid) === ''));
  });
});
