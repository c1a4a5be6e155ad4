import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CertificateFiles, TestAuthority, shownAt } from '../support/certificates.ts';
import { testSecret } from '../support/edge-under-test.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import { SrfApp } from '../support/srf-app.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../gateway/sip/edge/main.ts', import.meta.url));
const children: ChildProcess[] = [];

/** The edge as a child process, from its sources. */
function start(...options: string[]): { child: ChildProcess; output: () => string } {
  const child = fork(main, options, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, SIP_EDGE_SECRET: testSecret },
    silent: true,
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  return { child, output: () => output };
}

const freePorts = ['--port', '0', '--admin-port', '0'];

interface Ready {
  readonly sipPort: number;
  readonly adminPort: number;
  readonly listening: readonly { readonly transport: string; readonly port: number }[];
}

async function ready(child: ChildProcess): Promise<Ready & { secret: string }> {
  const [message] = (await once(child, 'message')) as [{ ready: Ready }];
  return { ...message.ready, secret: testSecret };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('the edge’s process', () => {
  it('says where it listens, serves a call, and on close ends it by BYE', async () => {
    const { child, output } = start(...freePorts);
    const place = await ready(child);
    const app: SrfApp = await SrfApp.connect(place, {
      invite: (req, res) => app.srf.createUAS(req, res, { localSdp: plainSdp() }),
    });
    const caller = await SipUa.open({ serverPort: place.sipPort });
    const call = caller.invite(`sip:1000@127.0.0.1:${place.sipPort}`, { body: plainSdp() });
    await call.connect();
    child.send({ counters: true });
    const [{ counters }] = (await once(child, 'message')) as [{ counters: { dialogs: number } }];
    expect(counters.dialogs).toBe(1);
    child.send({ close: true });
    const bye = await caller.nextRequest('BYE');
    expect(bye.headers.reason).toContain('Shutting down');
    caller.reply(bye, 200);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(output()).toContain('"SIP edge is down"');
    expect(output()).not.toContain(testSecret);
    app.disconnect();
    await caller.close();
  });

  it('ends with its parent’s channel', async () => {
    const { child } = start(...freePorts);
    await ready(child);
    child.disconnect();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('leaves Ctrl-C to its parent, and ends on SIGTERM', async () => {
    const { child } = start(...freePorts);
    await ready(child);
    child.kill('SIGINT');
    child.send({ counters: true });
    await once(child, 'message');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('reads its certificate again on SIGUSR2, whatever its files look like', async () => {
    const authority = new TestAuthority();
    const files = new CertificateFiles(authority.issue({}), authority);
    try {
      const first = files.writeUnseen(authority, {});
      const tls = ['--tls-port', '0', '--tls-certificate', files.certificate, '--tls-key', files.key];
      const { child, output } = start(...freePorts, ...tls);
      const { listening } = await ready(child);
      const port = listening.find(({ transport }) => transport === 'tls')?.port ?? 0;
      expect(await shownAt(port)).toBe(first);
      const second = files.writeUnseen(authority, {});
      child.kill('SIGUSR2');
      await until('it is told', () => output().includes('"certificate reloaded"'));
      expect(await shownAt(port)).toBe(second);
    } finally {
      files.remove();
    }
  });

  it('says in its 405 what it was told to', async () => {
    const { child } = start(...freePorts, '--allow', 'INVITE, ACK,BYE');
    const { sipPort } = await ready(child);
    const caller = await SipUa.open({ serverPort: sipPort });
    caller.request('FROB', `sip:1000@127.0.0.1:${sipPort}`);
    const refused = await caller.nextFinal('FROB');
    expect(refused.headers.allow).toBe('INVITE, ACK, BYE');
    await caller.close();
  });

  it('names a port that is in use, and ends', async () => {
    const first = start(...freePorts);
    const { sipPort } = await ready(first.child);
    const second = start('--port', String(sipPort), '--admin-port', '0');
    const [code] = (await once(second.child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(second.output()).toContain(`port ${sipPort} is in use`);
  });

  it('says which option is wrong', async () => {
    const { child, output } = start('--port', 'many');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(output()).toContain('port');
    expect(output()).toContain('--admin-port <n>');
  });
});
