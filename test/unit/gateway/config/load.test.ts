import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configKeys, documentedYaml } from '../../../../gateway/config/keys.ts';
import { ConfigError, loadConfig } from '../../../../gateway/config/load.ts';
import { portNeeds } from '../../../../gateway/config/port-needs.ts';

function folderWith(yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  if (yaml !== undefined) writeFileSync(join(folder, 'gateway.yaml'), yaml);
  return folder;
}

function problemsOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was taken');
}

describe('the configuration', () => {
  it('needs nothing: the defaults bind to loopback on the documented ports', () => {
    const config = loadConfig({ argv: [], env: {}, folder: folderWith() });
    expect(config.host).toBe('127.0.0.1');
    expect([config.sip.port, config.sip.adminPort, config.http.port, config.livekit.port]).toEqual([
      5060, 9022, 8080, 7880,
    ]);
    expect([config.media.rtpPortMin, config.media.rtpPortMax]).toEqual([20000, 29999]);
  });

  it('ships a file that documents every key and means the defaults', () => {
    const text = readFileSync('gateway.yaml', 'utf8');
    expect(text).toBe(documentedYaml());
    const folder = folderWith(text);
    expect(loadConfig({ argv: [], env: {}, folder })).toEqual(
      loadConfig({ argv: [], env: {}, folder: folderWith() }),
    );
    for (const key of configKeys) expect(key.description, key.env).not.toBe('');
  });

  it('takes file, environment and options, the later over the earlier', () => {
    const folder = folderWith('sip:\n  port: 5070\nhttp:\n  port: 8081\ncalls: { pinTries: 2 }\n');
    const config = loadConfig({
      argv: ['--sip.port', '5090'],
      env: { GATEWAY_SIP_PORT: '5080', GATEWAY_HTTP_PORT: '8082' },
      folder,
    });
    expect([config.sip.port, config.http.port, config.calls.pinTries]).toEqual([5090, 8082, 2]);
  });

  it('takes lists from file, environment and options', () => {
    const codecsOf = (yaml: string, env: Record<string, string> = {}, argv: string[] = []) =>
      loadConfig({ argv, env, folder: folderWith(yaml) }).media.codecs;
    expect(codecsOf('')).toEqual(['opus', 'G722', 'PCMU', 'PCMA']);
    expect(codecsOf('media: { codecs: [PCMA] }')).toEqual(['PCMA']);
    expect(codecsOf('', { GATEWAY_MEDIA_CODECS: 'PCMA, opus' })).toEqual(['PCMA', 'opus']);
    expect(codecsOf('', {}, ['--media.codecs', 'G722'])).toEqual(['G722']);
    expect(problemsOf(() => codecsOf('media: { codecs: [G729] }'))).toContain('codecs');
    expect(problemsOf(() => codecsOf('media: { codecs: [] }'))).toContain('codecs');
  });

  it('takes addresses to bind to, not names', () => {
    for (const host of ['0.0.0.0', '::1', '192.0.2.1'])
      expect(loadConfig({ argv: ['--host', host], env: {}, folder: folderWith() }).host).toBe(host);
    const words = problemsOf(() =>
      loadConfig({ argv: ['--host', 'localhost'], env: { PUBLIC_IP: 'me.example' }, folder: folderWith() }),
    );
    expect(words).toContain('option --host: host: write an IP address');
    expect(words).toContain('environment PUBLIC_IP: publicIp: write an IP address');
  });

  it('misses a certificate’s files at once', () => {
    const argv = ['--http.tlsCert', '/nowhere/cert.pem', '--http.tlsKey', 'gateway.yaml'];
    const words = problemsOf(() => loadConfig({ argv, env: {}, folder: folderWith() }));
    expect(words).toContain('http.tlsCert: there is no file “/nowhere/cert.pem”');
    expect(words).not.toContain('tlsKey');
  });

  it('says what SIP over TLS and WebSocket misses', () => {
    const of = (...argv: string[]) => problemsOf(() => loadConfig({ argv, env: {}, folder: folderWith() }));
    expect(of('--sip.tls.certificate', 'gateway.yaml')).toContain('go together: set both');
    expect(of('--sip.tls.certificate', 'gateway.yaml', '--sip.tls.key', '/nowhere/key.pem')).toContain(
      'sip.tls.key: there is no file “/nowhere/key.pem”',
    );
    expect(of('--sip.origins', 'phone.example')).toContain('write origins such as https://phone.example');
    expect(of('--sip.dns', 'ns.example')).toContain('sip.dns.0: write IP addresses');
    expect(of('--publicIp', '::1', '--publicIpv6', '2001:db8::1')).toContain('are both IPv6');
    expect(of('--publicIpv6', '192.0.2.1')).toContain('write an IPv6 address');
    const { sip } = loadConfig({
      argv: ['--sip.dns', '192.0.2.53, [2001:db8::53]:5353', '--sip.origins', 'https://a.example,*'],
      env: { GATEWAY_SIP_WSS_LISTEN: 'on' },
      folder: folderWith('sip: { tls: { port: 5071 } }'),
    });
    expect(sip.dns).toEqual(['192.0.2.53', '[2001:db8::53]:5353']);
    expect([sip.wss.listen, sip.tls.port, sip.origins.length]).toEqual(['on', 5071, 2]);
  });

  it('lists every port that it will take', () => {
    const config = loadConfig({ argv: ['--sip.ws.listen', 'on'], env: {}, folder: folderWith() });
    const sip = portNeeds(config).filter(({ key }) => key.startsWith('sip.'));
    expect(sip.map(({ key, port, protocol, use }) => `${key} ${port} ${protocol} ${use}`)).toEqual([
      'sip.port 5060 udp SIP',
      'sip.port 5060 tcp SIP',
      'sip.tls.port 5061 tcp SIP over TLS',
      'sip.ws.port 5066 tcp SIP over WS',
      'sip.adminPort 9022 tcp the SIP edge’s admin port',
    ]);
    expect(portNeeds({ ...config, drachtio: { ...config.drachtio, host: 'sip.example' } })).toHaveLength(3);
    const listen = { ...config.drachtio.listen, port: 9021 };
    const waiting = portNeeds({ ...config, drachtio: { ...config.drachtio, listen } });
    expect(waiting.map(({ key }) => key)).toContain('drachtio.listen.port');
  });

  it('knows LiveKit’s and drachtio’s own variables, the gateway’s name first', () => {
    const env = {
      DRACHTIO_HOST: 'sip.example',
      DRACHTIO_PORT: '9023',
      PUBLIC_IP: '192.0.2.1',
      GATEWAY_DRACHTIO_HOST: 'edge.example',
    };
    const config = loadConfig({ argv: [], env, folder: folderWith() });
    expect([config.drachtio.host, config.drachtio.port, config.publicIp]).toEqual([
      'edge.example',
      9023,
      '192.0.2.1',
    ]);
  });

  it('names file, line and column of an unknown key and of a wrong value, all at once', () => {
    const folder = folderWith('host: 127.0.0.1\nsip:\n  prot: 5060\ncalls:\n  pinTries: 99\n');
    const text = problemsOf(() => loadConfig({ argv: [], env: { GATEWAY_NOPE: '1' }, folder }));
    expect(text).toMatch(/gateway\.yaml:3:3: sip\.prot: there is no such key/);
    expect(text).toMatch(/gateway\.yaml:5:3: calls\.pinTries/);
    expect(text).toContain('environment GATEWAY_NOPE: there is no such key.');
  });

  it('refuses broken YAML, a missing file and values that do not fit together', () => {
    expect(problemsOf(() => loadConfig({ argv: [], env: {}, folder: folderWith('a: [1') }))).toMatch(
      /line 1/,
    );
    expect(
      problemsOf(() => loadConfig({ argv: ['--config', 'nowhere.yaml'], env: {}, folder: folderWith() })),
    ).toContain('nowhere.yaml');
    expect(
      problemsOf(() => loadConfig({ argv: [], env: { LIVEKIT_URL: 'ws://x' }, folder: folderWith() })),
    ).toContain('LIVEKIT_API_KEY');
  });
});
