import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { drachtioListen, drachtioServers, usesDrachtio } from '../../../../gateway/config/drachtio.ts';
import { loadConfig } from '../../../../gateway/config/load.ts';
import type { Config } from '../../../../gateway/config/schema.ts';
import { isPublic } from '../../../../mcu/addresses.ts';

const folder = mkdtempSync(join(tmpdir(), 'drachtio-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(argv: readonly string[], env: Record<string, string> = {}): Config {
  return loadConfig({ argv, env, folder });
}

function problems(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    load(argv, env);
    return '';
  } catch (error) {
    return String(error);
  }
}

const brief = (config: Config) => drachtioServers(config).map(({ name, secret }) => `${name} ${secret}`);

describe('the drachtio-servers of a configuration', () => {
  it('are none when nothing says so', () => {
    expect(usesDrachtio(load([]))).toBe(false);
    expect(drachtioServers(load([]))).toEqual([]);
  });

  it('are those of DRACHTIO_HOST, with ports of their own or the common one', () => {
    const env = { DRACHTIO_HOST: '10.0.0.5, sip-2:9023,[fd00::5]:9024,fd00::6', DRACHTIO_SECRET: 's' };
    expect(brief(load([], env))).toEqual([
      '10.0.0.5:9022 s',
      'sip-2:9023 s',
      '[fd00::5]:9024 s',
      '[fd00::6]:9022 s',
    ]);
  });

  it('are those of the list in the file too, which say only what differs', () => {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, 'authority');
    const file = join(folder, 'several.yaml');
    const list = `drachtio:
  secret: common
  tls: on
  ca: ${ca}
  servers:
    - host: 198.51.100.1
      port: 9443
    - { host: 10.0.0.6, secret: own, tls: off }
`;
    writeFileSync(file, list);
    expect(drachtioServers(load(['--config', file]))).toEqual([
      {
        name: '198.51.100.1:9443',
        host: '198.51.100.1',
        port: 9443,
        secret: 'common',
        tls: { ca: 'authority' },
      },
      { name: '10.0.0.6:9022', host: '10.0.0.6', port: 9022, secret: 'own', tls: null },
    ]);
    writeFileSync(file, list.replace('port: 9443', 'prot: 9443'));
    expect(problems(['--config', file])).toContain('drachtio.servers.0.prot: there is no such key');
  });

  it('are named once, and by hosts', () => {
    expect(problems(['--drachtio.host', '10.0.0.5,10.0.0.5:9022'])).toContain('10.0.0.5:9022 is named twice');
    expect(problems(['--drachtio.host', 'tcp://10.0.0.5:9022'])).toContain('is no host');
    expect(problems(['--drachtio.host', '10.0.0.5:0'])).toContain('no port');
    expect(problems([], { GATEWAY_DRACHTIO_SERVERS: '10.0.0.5' })).toContain('write it in gateway.yaml');
  });

  it.each(['203.0.113.5', '[2001:db8::5]:9022'])(
    'are not at a public address like %s without TLS',
    (host) => {
      expect(problems(['--drachtio.host', host])).toMatch(/is a public address.*drachtio\.tls: on/);
      expect(problems(['--drachtio.host', host, '--drachtio.tls', 'on'])).toBe('');
      expect(problems(['--drachtio.host', host, '--drachtio.plain', 'anywhere'])).toBe('');
    },
  );

  it('have tags as drachtio-srf takes them', () => {
    expect(load(['--drachtio.tags', 'blue,video']).drachtio.tags).toEqual(['blue', 'video']);
    expect(problems(['--drachtio.tags', 'two words'])).toContain('write tags of at most 32');
  });
});

describe('the port for drachtio-servers that connect to us', () => {
  const listen = ['--drachtio.listen.port', '9021'];

  it('stands alone in place of the embedded edge', () => {
    const config = load(listen);
    expect(usesDrachtio(config)).toBe(true);
    expect(drachtioListen(config)).toEqual({
      host: '127.0.0.1',
      port: 9021,
      secret: 'cymru',
      from: ['127.0.0.0/8', '::1'],
      tls: null,
    });
  });

  it('has to know the servers when others can reach it', () => {
    expect(problems([...listen, '--drachtio.listen.host', '10.0.0.9'])).toContain(
      'drachtio.listen.from is empty',
    );
    const from = ['--drachtio.listen.from', '10.0.0.5,10.1.0.0/16'];
    expect(problems([...listen, ...from, '--drachtio.listen.host', '10.0.0.9'])).toBe('');
    for (const wrong of ['sip.example', '10.0.0.0/33', '10.0.0.0/8/8'])
      expect(problems([...listen, '--drachtio.listen.from', wrong])).toContain(
        'write IP addresses or blocks',
      );
  });

  it.each(['0.0.0.0', '::', '203.0.113.9'])('is not open in plain at %s', (host) => {
    const from = ['--drachtio.listen.from', '10.0.0.5', '--drachtio.listen.host', host];
    expect(problems([...listen, ...from])).toContain('can be reached from the Internet');
    expect(problems([...listen, ...from, '--drachtio.plain', 'anywhere'])).toBe('');
  });

  it('names missing files', () => {
    const only = [...listen, '--drachtio.listen.tlsCert', join(folder, 'none.pem')];
    expect(problems(only)).toContain('set both');
    expect(problems(only)).toContain('there is no file');
  });
});

it('an address is public when it is in no block for private use', () => {
  const inside = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '::1',
    'fd00::1',
  ];
  for (const address of [...inside, 'fe80::1', '::ffff:10.0.0.1'])
    expect([address, isPublic(address)]).toEqual([address, false]);
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '::ffff:8.8.8.8'])
    expect([address, isPublic(address)]).toEqual([address, true]);
  expect(isPublic('sip.example')).toBe(false);
});
