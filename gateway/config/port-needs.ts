import { drachtioListen } from './drachtio.ts';
import { freePort } from './ports-in-use.ts';
import type { PortNeed } from './ports-in-use.ts';
import type { Config } from './schema.ts';
import { sipListeners } from './sip-listeners.ts';

/** What this configuration will listen on, RTP aside: its ports are taken one by one. */
export function portNeeds(config: Config): PortNeed[] {
  const { host, sip, http, livekit } = config;
  const needs: PortNeed[] = [
    { use: 'the API and pages', key: 'http.port', host, port: http.port, protocol: 'tcp' },
  ];
  const listeners = sipListeners(config);
  for (const { name, key, port, protocol } of listeners)
    needs.push({ use: key === 'sip.port' ? 'SIP' : `SIP over ${name}`, key, host, port, protocol });
  if (listeners.length > 0)
    needs.push({
      use: 'the SIP edge’s admin port',
      key: 'sip.adminPort',
      host: '127.0.0.1',
      port: sip.adminPort,
      protocol: 'tcp',
    });
  const listen = drachtioListen(config);
  if (listen)
    needs.push({
      use: 'the port for SIP servers',
      key: 'drachtio.listen.port',
      host: listen.host,
      port: listen.port,
      protocol: 'tcp',
    });
  if (livekit.url === '' && livekit.port !== 0)
    needs.push(
      { use: 'LiveKit', key: 'livekit.port', host, port: livekit.port, protocol: 'tcp' },
      { use: 'LiveKit’s media', key: 'livekit.port', host, port: livekit.port + 2, protocol: 'udp' },
    );
  return needs;
}

/** Port 0 means any free one; it is chosen here, so that everything that names it agrees. */
export async function withFreePorts(config: Config): Promise<Config> {
  const { host } = config;
  const orFree = async (port: number) => (port === 0 ? freePort(host) : port);
  return {
    ...config,
    http: { ...config.http, port: await orFree(config.http.port) },
    sip: {
      ...config.sip,
      port: await orFree(config.sip.port),
      adminPort: await orFree(config.sip.adminPort),
      tls: { ...config.sip.tls, port: await orFree(config.sip.tls.port) },
      ws: { ...config.sip.ws, port: await orFree(config.sip.ws.port) },
      wss: { ...config.sip.wss, port: await orFree(config.sip.wss.port) },
    },
    livekit: { ...config.livekit, port: await orFree(config.livekit.port) },
  };
}
