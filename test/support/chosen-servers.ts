/** Starts the servers that the tester has chosen (chosen-parts.ts): once for a run of the system tests, or for the demo. */
import { CertificateFiles, TestAuthority } from './certificates.ts';
import { mixesFreeSwitch } from './chosen-parts.ts';
import { DrachtioServer, missingForDrachtioServer } from './drachtio-server.ts';
import { missingForFreeSwitch, startFreeSwitch } from './freeswitch.ts';

interface Started {
  /** How tests, and gateways under test, find it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const startsFreeSwitch = (): boolean => mixesFreeSwitch() && !process.env.FREESWITCH_HOST;
const startsDrachtio = (): boolean => process.env.SIP_EDGE === 'drachtio' && !process.env.DRACHTIO_HOST;

/** Says what is missing, or null. */
export function missingForChosenServers(): string | null {
  return (
    (startsFreeSwitch() ? missingForFreeSwitch() : null) ??
    (startsDrachtio() ? missingForDrachtioServer() : null)
  );
}

/** Resolves when they are up and named by the environment; with what ends them. Throws with what is missing. */
export default async function startChosenServers(): Promise<() => Promise<void>> {
  const missing = missingForChosenServers();
  if (missing !== null) throw new Error(missing);
  const started: Started[] = [];
  const close = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) {
      await one.close();
      for (const name of Object.keys(one.env)) Reflect.deleteProperty(process.env, name);
    }
  };
  try {
    if (startsFreeSwitch()) started.push(await freeSwitch());
    if (startsDrachtio()) started.push(await drachtioServer());
  } catch (error) {
    await close();
    throw error;
  }
  for (const { env } of started) Object.assign(process.env, env);
  return close;
}

/** With RTP ports for a hundred calls at once. */
async function freeSwitch(): Promise<Started> {
  const server = await startFreeSwitch({ rtp_start: '30000', rtp_end: '31999' });
  const { host, port, secret } = server;
  return {
    env: { FREESWITCH_HOST: host, FREESWITCH_PORT: String(port), FREESWITCH_SECRET: secret },
    close: () => server.close(),
  };
}

/** On all transports, with a certificate of an authority that `DRACHTIO_CA` names. */
async function drachtioServer(): Promise<Started> {
  const authority = new TestAuthority();
  const names = { addresses: ['127.0.0.1'], dnsNames: ['localhost'] };
  const tls = authority.issue(names, 'RSA-2048');
  const server = await DrachtioServer.start({ tls, allTransports: true });
  const files = new CertificateFiles(tls, authority);
  const { adminPort, secret, sipPorts } = server;
  return {
    env: {
      DRACHTIO_HOST: '127.0.0.1',
      DRACHTIO_PORT: String(adminPort),
      DRACHTIO_SECRET: secret,
      DRACHTIO_SIP_PORT: String(sipPorts.udp),
      DRACHTIO_TLS_PORT: String(sipPorts.tls),
      DRACHTIO_WS_PORT: String(sipPorts.ws),
      DRACHTIO_WSS_PORT: String(sipPorts.wss),
      DRACHTIO_CA: files.ca,
    },
    async close() {
      files.remove();
      await server.close();
    },
  };
}
