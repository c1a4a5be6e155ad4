import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { welcome } from '../../gateway/welcome.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import type { UaOptions } from '../support/sip-ua.ts';

const embeddedOnly = realEdge() ? 'with DRACHTIO_HOST set there is no embedded edge' : null;

describeWith([missingForGateway(), embeddedOnly], 'a gateway on TLS and WebSocket', () => {
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(...options: string[]): Promise<TestGateway> {
    const gateway = await startTestGateway(options);
    closers.push(() => gateway.close());
    return gateway;
  }

  /** Status of a call to `user`; one that is answered is ended. */
  async function call(user: string, options: UaOptions): Promise<number> {
    const caller = await SipUa.open(options);
    closers.push(() => caller.close());
    const dialog = caller.invite(`sip:${user}@127.0.0.1:${options.serverPort}`, { body: plainSdp() });
    const answer = await caller.nextFinal('INVITE');
    if (answer.status >= 300) dialog.ackRefusal();
    else {
      dialog.takeDialog(answer);
      dialog.ack();
      await dialog.request('BYE');
    }
    return answer.status;
  }

  it('needs no certificate: one is made, shown, and callers who take it can call', async () => {
    const all = ['tls', 'ws', 'wss'].flatMap((name) => [
      `--sip.${name}.listen`,
      'on',
      `--sip.${name}.port`,
      '0',
    ]);
    const gateway = await start(...all);
    const { sip, dataFolder } = gateway.facts.config;
    const ca = readFileSync(join(dataFolder, 'sip-certificate.pem'), 'utf8');
    for (const transport of ['tls', 'ws', 'wss'] as const)
      expect(await call('9196', { transport, serverPort: sip[transport].port, ca })).toBe(200);
    const row = `127.0.0.1:${sip.port} UDP, TCP, ${sip.tls.port} TLS, ${sip.ws.port} WS, ${sip.wss.port} WSS`;
    expect(welcome(gateway.facts)).toContain(row);
    const metrics = await (await fetch(`${gateway.httpUrl}/metrics`)).text();
    expect(metrics).toMatch(/gateway_sip_events_total\{event="requests"\} [1-9]/);
  }, 60_000);

  it('knows a trunk by its certificate, and takes a new one of its own without a restart', async () => {
    const authority = new TestAuthority();
    const ours = { addresses: ['127.0.0.1'] };
    const files = new CertificateFiles(authority.issue(ours), authority);
    closers.push(() => files.remove());
    const plans = mkdtempSync(join(tmpdir(), 'gateway-plans-'));
    closers.push(() => rmSync(plans, { recursive: true }));
    writeFileSync(
      join(plans, 'plan.yaml'),
      `version: 1
trunks: [{ name: carrier, sources: [127.0.0.1], certificate: [carrier.example] }]
rules:
  - { name: carrier, match: { trunk: carrier, transport: tls }, action: echo }
`,
    );
    const gateway = await start(
      ...['--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key, '--sip.tls.ca', files.ca],
      ...['--sip.tls.clients', 'ask', '--dialPlans.folder', plans],
    );
    const serverPort = gateway.facts.config.sip.tls.port;
    const at = { transport: 'tls', serverPort } as const;
    const ca = authority.cert;
    const carrier = authority.issue({ uris: ['sip:carrier.example'] });
    const other = authority.issue({ uris: ['sip:other.example'] });
    expect(await call('1', { ...at, ca, identity: carrier })).toBe(200);
    expect(await call('1', { ...at, ca, identity: other })).toBe(404);
    expect(await call('1', { ...at, ca })).toBe(404);

    const renewed = new TestAuthority('the next authority');
    files.write(renewed.issue(ours));
    await expect
      .poll(() => call('1', { ...at, ca: renewed.cert }).catch(() => 'not trusted'), { timeout: 15_000 })
      .toBe(404);
    await expect.poll(() => gateway.log()).toContain('certificate reloaded');
  }, 60_000);

  it.each([
    [
      'a key of another certificate',
      'key',
      new TestAuthority().issue({}).key,
      /is not the one of the certificate/,
    ],
    ['a certificate that is none', 'certificate', 'nothing', /has no certificate in PEM form/],
  ] as const)(
    'does not start with %s, and says so',
    async (_what, file, text, words) => {
      const authority = new TestAuthority();
      const files = new CertificateFiles(authority.issue({}), authority);
      closers.push(() => files.remove());
      writeFileSync(files[file], text);
      const starting = start('--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key);
      await expect(starting).rejects.toMatchObject({
        code: 'SIP_CERTIFICATE_UNUSABLE',
        message: expect.stringMatching(words) as string,
        remedy: expect.stringMatching(/\w/) as string,
      });
    },
    60_000,
  );

  it('starts with a certificate past its time, and warns', async () => {
    const authority = new TestAuthority();
    const late = authority.issue({ addresses: ['127.0.0.1'], notAfter: new Date(Date.now() - 1_000) });
    const files = new CertificateFiles(late, authority);
    closers.push(() => files.remove());
    const gateway = await start('--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key);
    await expect.poll(() => gateway.log()).toContain('SIP certificate to be renewed');
  }, 60_000);
});
