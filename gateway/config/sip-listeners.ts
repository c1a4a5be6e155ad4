import { usesDrachtio } from './drachtio.ts';
import type { Config } from './schema.ts';

export interface SipListener {
  /** `UDP`, `TCP`, `TLS` … */
  readonly name: string;
  /** Key of the configuration that moves it. */
  readonly key: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/** What the embedded edge will listen on; nothing when a drachtio-server takes its place. */
export function sipListeners(config: Config): readonly SipListener[] {
  if (usesDrachtio(config)) return [];
  const { sip } = config;
  const listeners: SipListener[] = [
    { name: 'UDP', key: 'sip.port', port: sip.port, protocol: 'udp' },
    { name: 'TCP', key: 'sip.port', port: sip.port, protocol: 'tcp' },
  ];
  for (const name of ['tls', 'ws', 'wss'] as const) {
    const { listen, port } = sip[name];
    if (listen === 'on')
      listeners.push({ name: name.toUpperCase(), key: `sip.${name}.port`, port, protocol: 'tcp' });
  }
  return listeners;
}

/** Whether the edge needs a certificate. */
export function usesTls(config: Config): boolean {
  return sipListeners(config).some(({ name }) => name === 'TLS' || name === 'WSS');
}
