import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { request } from 'node:https';
import { once } from 'node:events';
import { AccessToken } from 'livekit-server-sdk';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { composeFiles } from '../support/compose-file.ts';
import type { Variables } from '../support/compose-file.ts';
import { Deployment, missingForRedis } from '../support/deployment.ts';
import type { Running } from '../support/deployment.ts';
import { missingForDrachtioServer } from '../support/drachtio-server.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import { missingForLiveKit } from '../support/livekit.ts';
import { deploymentHost, deploymentName, deploymentVariables } from '../support/made-env.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres } from '../support/postgres.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { SipUa } from '../support/sip-ua.ts';
import { until } from '../support/until.ts';

describe.each(['embedded', 'freeswitch'] as const)('docker-compose.yml and deploy/, MIXING=%s', (mixing) => {
  const missing = [missingForDrachtioServer(), mixing === 'freeswitch' ? missingForFreeSwitch() : null];
  const ours = [missingForLiveKit(), missingForRedis, missingForPostgres()];
  describeWith(
    [...missing, ...ours],
    `run by the real servers, MIXING=${mixing}`,
    () => {
      let variables: Variables;
      let all: Deployment;
      let gateway: Running;
      let drachtio: Running;
      let files: CertificateFiles;
      const authority = new TestAuthority();
      const http = () => Number(variables.HTTP_PORT);
      const sip = () => Number(variables.SIP_PORT);
      const started = () => gateway.log().includes('Ctrl-C');

      beforeAll(async () => {
        variables = { ...(await deploymentVariables()), MIXING: mixing };
        all = await Deployment.prepare(variables, composeFiles.overrides);
        files = new CertificateFiles(authority.issue({ dnsNames: [deploymentName] }), authority);
        all.redis();
        await until('Redis is well', () => all.isHealthy('redis', redisHere()), 20_000);
        drachtio = all.drachtio(drachtioHere());
        all.livekit();
        if (mixing === 'freeswitch') {
          all.freeswitch();
          await until(
            'FreeSWITCH is well',
            () => all.isHealthy('freeswitch', {}, all.freeswitchHome()),
            30_000,
          );
        }
        await all.postgres();
        await until('drachtio-server is well', () => all.isHealthy('drachtio'), 20_000);
        await until('LiveKit is well', () => all.isHealthy('livekit'), 20_000);
        await until('PostgreSQL is well', () => all.isHealthy('postgres', {}, inPostgres()), 20_000);
        gateway = all.gateway(gatewayHere());
        // Only then is it asked: each question is a process, which a busy machine would rather spare.
        await until('the gateway has started', () => started() || gateway.exitCode() !== null, 60_000);
        expect(started(), gateway.log()).toBe(true);
        await until('the gateway is ready', () => all.isHealthy('gateway', {}, gatewayHere()), 20_000);
      }, 150_000);

      afterAll(async () => {
        await all.close();
        files.remove();
      }, 60_000);

      /** In its container each client finds its server on the usual port. */
      const redisHere = () => ({ 'redis-cli': `redis-cli -p ${all.ports.redis}` });
      const inPostgres = () => ({ PGPORT: String(all.ports.postgres) });

      const drachtioHere = () => ({
        DRACHTIO_TLS_KEY_FILE: files.key,
        DRACHTIO_TLS_CERT_FILE: files.certificate,
        DRACHTIO_TLS_CHAIN_FILE: files.certificate,
      });

      /** What the container has at /tls, /data and /pictures is elsewhere here. */
      const gatewayHere = () => ({
        GATEWAY_HTTP_TLS_CERT: files.certificate,
        GATEWAY_HTTP_TLS_KEY: files.key,
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_DATA_FOLDER: `${all.folder}/data`,
        GATEWAY_FREESWITCH_PICTURE_FOLDER: `${all.folder}/pictures`,
      });

      function redis(...command: string[]): string {
        const args = ['-p', String(all.ports.redis), ...command];
        const env = { ...process.env, REDISCLI_AUTH: variables.REDIS_PASSWORD };
        return spawnSync('redis-cli', args, { env, encoding: 'utf8' }).stdout;
      }

      /** Somebody in a browser. */
      async function person(room: string): Promise<RtcParticipant> {
        const { LIVEKIT_API_KEY, LIVEKIT_API_SECRET, LIVEKIT_URL } = all.environment('gateway');
        const token = new AccessToken(LIVEKIT_API_KEY, LIVEKIT_API_SECRET, { identity: 'ada' });
        token.addGrant({ roomJoin: true, room });
        return RtcParticipant.join(LIVEKIT_URL, await token.toJwt());
      }

      it('a caller and a person in the room talk; the room is in Redis, the call in PostgreSQL', async () => {
        const ada = await person('demo');
        await ada.publishTone(600);
        const caller = await Caller.open(sip());
        await caller.dial('demo');
        caller.phone.speak((from) => tone(440, 8000, 160, from));
        await until('the caller hears Ada', () => toneDb(caller.phone.heard(500), 600) > -20, 20_000);
        await ada.until('Ada hears the caller', () => ada.hasSpoken('sip_4930111222'));
        expect(redis('hkeys', 'rooms')).toContain('demo');
        await caller.hangUp();
        await caller.close();
        await ada.close();
        const client = new pg.Client({ connectionString: gatewayDatabase() });
        await client.connect();
        const kept = await until(
          'the call is kept',
          async () => (await client.query<{ n: string }>('select count(*) n from calls')).rows[0].n !== '0',
        ).finally(() => client.end());
        expect(kept).toBe(true);
      }, 60_000);

      const gatewayDatabase = () => all.environment('gateway').DATABASE_URL;

      describe('drachtio-server', () => {
        it('takes its secret from the environment, and its health check tells the living from the dead', async () => {
          expect(await authenticate(variables.DRACHTIO_SECRET ?? '')).toContain('|OK|');
          expect(await authenticate('')).toContain('incorrect secret');
          expect(await authenticate('admin')).toContain('incorrect secret');
          const other = await Deployment.prepare(variables);
          expect(other.isHealthy('drachtio')).toBe(false);
          await other.close();
        });

        async function authenticate(secret: string): Promise<string> {
          const socket = connect(all.ports.admin, '127.0.0.1');
          await once(socket, 'connect');
          const frame = `1|authenticate|${secret}|`;
          socket.write(`${frame.length}#${frame}`);
          const [answer] = (await once(socket, 'data')) as [Buffer];
          socket.destroy();
          return answer.toString();
        }

        it('takes calls over TLS, by the certificate that it was given, and by no old version', async () => {
          const port = Number(variables.SIP_TLS_PORT);
          const socket = connectTls({
            host: deploymentHost,
            port,
            servername: deploymentName,
            ca: authority.cert,
          });
          await once(socket, 'secureConnect');
          expect(socket.authorized).toBe(true);
          socket.destroy();
          const versions = {
            minVersion: 'TLSv1.1',
            maxVersion: 'TLSv1.1',
            ciphers: 'ALL:@SECLEVEL=0',
          } as const;
          const old = connectTls({ host: deploymentHost, port, ...versions });
          const [error] = (await once(old, 'error')) as [Error];
          expect(error.message).toMatch(/alert protocol version|unsupported protocol|wrong version/);
        });

        it('refuses a scanner by itself, and its log shows no message', async () => {
          const ua = await SipUa.open({ serverPort: sip() });
          const facts = {
            ...{ callId: 'scan', from: '<sip:4930111222@127.0.0.1>;tag=1', to: '<sip:x@127.0.0.1>' },
            ...{ cseq: 1, via: ua.via() },
          };
          const headers = ['User-Agent: friendly-scanner'];
          ua.send(ua.format('INVITE', 'sip:x@127.0.0.1', facts, { headers }));
          expect((await ua.nextFinal('INVITE', 10_000)).status).toBe(603);
          await ua.close();
          expect(drachtio.log()).toContain('Starting drachtio version');
          expect(drachtio.log()).not.toMatch(/SIP\/2\.0|INVITE sip|4930111222/);
        });
      });

      describe('LiveKit', () => {
        it('is reached through the gateway’s HTTPS port, and by that only', async () => {
          // Its word for a request without a token.
          expect(await get('/rtc/validate')).toBe(401);
          const listening = spawnSync('ss', ['-Hltn', `sport = :${all.ports.livekit}`], {
            encoding: 'utf8',
          }).stdout;
          expect(listening.trim().split('\n')).toHaveLength(1);
          expect(listening).toContain(`127.0.0.1:${all.ports.livekit}`);
        });

        async function get(path: string): Promise<number | undefined> {
          const asked = request({ host: '127.0.0.1', port: http(), path, rejectUnauthorized: false }).end();
          const [answer] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
          answer.resume();
          return answer.statusCode;
        }
      });

      it('Redis lets nobody in without the password, which is in no process list', () => {
        const env = { ...process.env, REDISCLI_AUTH: '' };
        const { stdout, stderr } = spawnSync('redis-cli', ['-p', String(all.ports.redis), 'keys', '*'], {
          env,
          encoding: 'utf8',
        });
        expect(stdout + stderr).toContain('NOAUTH');
        const processes = spawnSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' }).stdout;
        for (const [name, secret] of Object.entries(variables))
          if (/SECRET|PASSWORD|TOKEN|KEY/.test(name))
            expect(processes.includes(secret ?? ''), name).toBe(false);
      });

      it('the gateway’s role owns its database and nothing else', async () => {
        const client = new pg.Client({ connectionString: gatewayDatabase() });
        await client.connect();
        const { rows } = await client.query(
          'select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user',
        );
        expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
        const { rows: settings } = await client.query(
          "select current_setting('password_encryption') as kind",
        );
        expect(settings).toEqual([{ kind: 'scram-sha-256' }]);
        await client.end();
        const elsewhere = new pg.Client({
          connectionString: gatewayDatabase().replace(/gateway$/, 'postgres'),
        });
        await expect(elsewhere.connect()).rejects.toThrow('permission denied');
        const wrong = new pg.Client({
          connectionString: gatewayDatabase().replace(/:[0-9a-f]+@/, ':guess@'),
        });
        await expect(wrong.connect()).rejects.toThrow('password authentication failed');
      });

      it('ends a call with a BYE when the container is stopped', async () => {
        const caller = await Caller.open(sip());
        await caller.dial('demo');
        await caller.hears('first-here', 'en', 20_000);
        const bye = caller.hungUp(20_000);
        await gateway.stop();
        expect(await bye).not.toBe('');
        expect(gateway.exitCode()).toBe(0);
        expect(all.isHealthy('gateway', {}, gatewayHere())).toBe(false);
        await caller.close();
      }, 60_000);
    },
    { elective: missing.some((one) => one !== null) },
  );
});
