import { MediaHost } from '../../mcu/host/door.ts';
import type { MediaHostOptions } from '../../mcu/host/door.ts';
import { hostedBy } from '../../mcu/host/line.ts';
import type { HostPlace } from '../../mcu/host/line.ts';
import type { Launch } from '../../mcu/control/line.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';

export const hostSecret = 'secret-of-the-test-host';

export interface TestHost {
  readonly place: HostPlace;
  readonly port: number;
  /** What the host logged. */
  readonly lines: LogLine[];
  /** Of processes there that take turns. */
  launch(seat?: string): Launch;
  close(): Promise<void>;
}

/** A media host in this process, on a free port; its media nodes are processes. */
export async function openTestHost(
  options: Partial<MediaHostOptions> & Pick<MediaHostOptions, 'launch'>,
): Promise<TestHost> {
  const lines: LogLine[] = [];
  const host = await MediaHost.open({
    listen: { host: '127.0.0.1', port: 0 },
    tls: null,
    secret: hostSecret,
    start: (wanted) => Promise.resolve(wanted as object),
    log: quietLog(lines),
    ...options,
  });
  const place = {
    url: `${options.tls ? 'wss' : 'ws'}://127.0.0.1:${host.port}`,
    ...{ secret: hostSecret, ca: null, plainAnywhere: false },
  };
  return {
    place,
    lines,
    port: host.port,
    launch: (seat = 'seat') => hostedBy(place, seat),
    close: () => host.close(),
  };
}
