import { lookup } from 'node:dns/promises';
import { isPublic } from '../../../mcu/addresses.ts';
import { HostLine, hostName } from '../../../mcu/host/line.ts';
import type { HostPlace } from '../../../mcu/host/line.ts';
import { failedBy, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** The media host: whether it is there, knows our secret and understands us. No media node is started. */
export async function checkMediaHost(place: HostPlace, signal: AbortSignal): Promise<readonly Finding[]> {
  const exposed = await exposure(place);
  const line = new HostLine(place, 'doctor');
  const giveUp = (): void => line.kill();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await line.welcomed;
    return [...exposed, ok(`${hostName(place)} takes our secret, and we its`)];
  } catch (error) {
    const todo =
      'Start it there (npm run media-host), and compare MEDIA_HOST_URL with what its log says that it listens on.';
    return [...exposed, failedBy('The media host can’t be used: no call would have sound.', error, todo)];
  } finally {
    signal.removeEventListener('abort', giveUp);
    line.kill();
  }
}

/** A media host is for gateways; on a public address it is anybody's to try. */
async function exposure({ url }: HostPlace): Promise<Finding[]> {
  const { hostname } = new URL(url);
  const address = await lookup(hostname.replace(/^\[(.*)\]$/, '$1')).then(
    (found) => found.address,
    () => null,
  );
  if (address === null || !isPublic(address)) return [];
  return [
    warning(`The media host is at a public address, ${address}.`, {
      why: 'Anybody may try its secret.',
      todo: 'Give it a private one (MEDIA_HOST_LISTEN), or let a firewall open its port to the gateway only.',
    }),
  ];
}
