/** The SIP edge as it is shipped, alone in a process of its own, and an application that answers every call. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { realEdge, testSecret } from '../support/edge-under-test.ts';
import { plainSdp } from '../support/sip-text.ts';
import type { UaTransport } from '../support/sip-ua.ts';
import { SrfApp } from '../support/srf-app.ts';
import type { AdminPlace } from '../support/srf-app.ts';

const entry = fileURLToPath(new URL('../../dist/gateway/sip/edge/main.js', import.meta.url));
const readyMs = 20_000;

const readySchema = z.object({
  ready: z.object({
    sipPort: z.number(),
    adminPort: z.number(),
    listening: z.array(z.object({ transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']), port: z.number() })),
  }),
});

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** An edge whose callers are the load. */
export interface EdgeForLoad extends AdminPlace {
  readonly ports: Readonly<Partial<Record<UaTransport, number>>>;
  /** Whom its callers must believe, where the load has not made its certificate. */
  readonly ca: string | undefined;
  /** Null: nobody said which process it is, so its CPU can't be told. */
  readonly pid: number | null;
  close(): Promise<void>;
}

/** All transports are open, on free ports. */
export async function startEdgeProcess({ certificate, key }: TlsFiles): Promise<EdgeForLoad> {
  const child = fork(
    entry,
    [
      ...['--port', '0', '--tls-port', '0', '--ws-port', '0', '--wss-port', '0', '--admin-port', '0'],
      ...['--tls-certificate', certificate, '--tls-key', key, '--secret', testSecret, '--log-level', 'warn'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  const ready = once(child, 'message', { signal: AbortSignal.timeout(readyMs) });
  try {
    const [message] = (await Promise.race([ready, exited.then(() => [null])])) as [unknown];
    const { sipPort, adminPort, listening } = readySchema.parse(message).ready;
    const ports = Object.fromEntries(listening.map((one) => [one.transport, one.port]));
    return { ports, ca: undefined, sipPort, adminPort, secret: testSecret, pid: child.pid ?? null, close };
  } catch (error) {
    await close();
    throw new Error('the SIP edge did not start', { cause: error });
  }
}

/** The drachtio-server that the environment names (as for the contract tests). `pid`: which process it is. */
export function realEdgeForLoad(pid: number | null): EdgeForLoad | null {
  const real = realEdge();
  return real && { ...real, pid, close: () => real.close() };
}

/** Answers as soon as it is asked, so that what is timed is the edge's way there and back, and drachtio-srf's. */
export function answerAll(edge: AdminPlace): Promise<SrfApp> {
  const app = SrfApp.connect(edge, {
    invite: async (req, res) => {
      const { srf } = await app;
      // A call that ended meanwhile is counted by its caller.
      await srf.createUAS(req, res, { localSdp: plainSdp() }).catch(() => undefined);
    },
  });
  return app;
}
