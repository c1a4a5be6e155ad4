import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Place } from '../../mcu/dtls/association.ts';
import { fingerprintOf } from '../../mcu/dtls/fingerprint.ts';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { dtlsEnd, identities } from '../support/dtls-pair.ts';
import type { DtlsEnd } from '../support/dtls-pair.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

const missing =
  spawnSync('openssl', ['version']).status === 0 ? null : 'no openssl program: apt-get install openssl';

/** OpenSSL's own DTLS, which tells the keys that it exports. */
describeWith([missing], 'DTLS with OpenSSL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dtls-'));
  const open: (() => void)[] = [];
  let socket: Socket;
  let port: number;

  beforeAll(() => {
    for (const [name, ...key] of [
      ['rsa', 'rsa:2048'],
      ['ec', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ]) {
      const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
      spawnSync('openssl', [
        'req',
        '-x509',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=peer',
        ...files,
        '-newkey',
        ...key,
      ]);
    }
  });
  afterEach(() => {
    for (const close of open.splice(0).reverse()) close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Our end on a socket of its own. `peer`: where it is, if that is known. */
  async function ourEnd(
    setup: 'active' | 'passive',
    certificate: string,
    peer: Place | null,
  ): Promise<DtlsEnd> {
    socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    port = socket.address().port;
    let place = peer;
    const { raw } = new X509Certificate(readFileSync(join(folder, `${certificate}.pem`)));
    const end = dtlsEnd(setup, identities.server, { ...identities.client, certificate: raw }, port, {
      fingerprints: [fingerprintOf(raw)],
      send: (datagram, to) => {
        const target = to ?? place;
        if (target) socket.send(datagram, target.port, target.address);
      },
      onVerified: (verified) => (place = verified),
    });
    socket.on('message', (datagram, { address, port: from }) =>
      end.association.receive(datagram, { address, port: from }),
    );
    open.push(() => {
      end.association.close();
      socket.close();
    });
    return end;
  }

  function openssl(
    certificate: string,
    ...parameters: string[]
  ): { said: () => string; child: ChildProcess } {
    const files = ['-cert', join(folder, `${certificate}.pem`), '-key', join(folder, `${certificate}.key`)];
    const keys = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '60'];
    const srtp = ['-dtls1_2', '-use_srtp', 'SRTP_AES128_CM_SHA1_80'];
    const child = spawn('openssl', [...parameters, ...srtp, ...keys, ...files]);
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    open.push(() => child.kill());
    return { said: () => text, child };
  }

  const exported = (text: string) => /Keying material: ([0-9A-F]{120})/.exec(text)?.[1];
  const hex = (...parts: Buffer[]) => Buffer.concat(parts).toString('hex').toUpperCase();

  async function agree(end: DtlsEnd, said: () => string, weAreClient: boolean): Promise<void> {
    const keys = await until('we have keys', () => end.keys, 20_000);
    const theirs = await until('it has keys', () => exported(said()), 20_000);
    expect(keys.profile).toBe('AES_CM_128_HMAC_SHA1_80');
    const [client, server] = weAreClient ? [keys.send, keys.receive] : [keys.receive, keys.send];
    expect(hex(client.masterKey, server.masterKey, client.masterSalt, server.masterSalt)).toBe(theirs);
  }

  it.each(['rsa', 'ec'])(
    'its client (%s, small datagrams) and our server export the same keys',
    async (kind) => {
      const end = await ourEnd('passive', kind, null);
      end.association.start();
      const { said } = openssl(kind, 's_client', '-connect', `127.0.0.1:${port}`, '-mtu', '400');
      await agree(end, said, false);
      expect(said()).toContain('Extended master secret: yes');
    },
  );

  it.each([
    ['rsa', []],
    ['ec', []],
    ['ec, with a cookie', ['-listen']],
  ])('our client and its server (%s) export the same keys', async (kind, more) => {
    const [certificate] = kind.split(',');
    const theirPort = await freePort('127.0.0.1');
    const { said } = openssl(certificate, 's_server', '-accept', String(theirPort), '-Verify', '1', ...more);
    await until('it listens', () => said().includes('ACCEPT') || said().includes('verify depth'), 10_000);
    const end = await ourEnd('active', certificate, { address: '127.0.0.1', port: theirPort });
    end.association.start();
    await agree(end, said, true);
  });

  it('a certificate that was not announced is refused', async () => {
    const end = await ourEnd('passive', 'ec', null);
    end.association.start();
    const { said } = openssl('rsa', 's_client', '-connect', `127.0.0.1:${port}`);
    await until('it is refused', () => end.failure, 20_000);
    expect(end.failure).toBe('wrong-fingerprint');
    await until('its client was told', () => /alert bad certificate/i.test(said()), 10_000);
  });
});
