import { isIP } from 'node:net';
import { nearAddress } from '../../config/outside.ts';
import type { Config } from '../../config/schema.ts';
import { sipListeners } from '../../config/sip-listeners.ts';
import { usesDrachtio } from '../../config/drachtio.ts';
import type { Parts } from '../running.ts';

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

/** Where SIP is listened on. */
export interface SipPlace {
  readonly transport: (typeof transports)[number];
  readonly host: string;
  readonly port: number;
}

/** The embedded edge's by the configuration, drachtio-servers' as they have told the gateway. */
export function sipPlaces(config: Config, { sip }: Pick<Parts, 'sip'>): readonly SipPlace[] {
  if (usesDrachtio(config))
    return told([sip.detail ?? '', ...sip.servers.map(({ detail }) => detail)].join(','));
  const host = nearAddress(config.host);
  return sipListeners(config).flatMap(({ name, port }) => {
    const transport = transports.find((one) => one.toUpperCase() === name);
    return transport === undefined ? [] : [{ transport, host, port }];
  });
}

/** `udp/192.0.2.1:5060,tls/[2001:db8::1]:5061` */
function told(text: string): SipPlace[] {
  const found = [...text.matchAll(/\b(udp|tcp|tls|wss?)\/(\[[^\]]+\]|[\w.-]+):(\d+)/g)].map(
    ([, transport, host, port]) => ({
      transport: transport as SipPlace['transport'],
      host: host.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port),
    }),
  );
  const key = ({ transport, host, port }: SipPlace): string => `${transport} ${host} ${port}`;
  // A name stands beside its address where a server has an external one; one of them is enough.
  return [...new Map(found.filter(({ host }) => isIP(host) !== 0).map((one) => [key(one), one])).values()];
}
