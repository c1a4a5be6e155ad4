import { lookup } from 'node:dns/promises';
import { isPublic } from '../../../mcu/addresses.ts';
import { drachtioServers } from '../../config/drachtio.ts';
import type { Config } from '../../config/schema.ts';
import { dial } from '../../sip/dial.ts';
import type { ServerPlace } from '../../sip/server-place.ts';
import { openSipStack } from '../../sip/srf.ts';
import type { Endpoint } from '../../sip/srf.ts';
import { because, failed, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

const connectMs = 3_000;
const answerMs = 3_000;

/** Each drachtio-server: its admin port, our secret, who can reach it. */
export async function checkDrachtio(config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  const plainAnywhere = config.drachtio.plain === 'anywhere';
  const asked = drachtioServers(config).map((place) => checkServer(place, plainAnywhere, signal));
  return (await Promise.all(asked)).flat();
}

async function checkServer(
  place: ServerPlace,
  plainAnywhere: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { name } = place;
  const exposed = await exposure(place);
  try {
    const socket = await dial(place, { plainAnywhere, deadlineMs: connectMs, signal });
    try {
      const endpoint = await new Promise<Endpoint | 'refused' | null>((resolve) => {
        const timer = setTimeout(() => resolve(null), answerMs);
        const settle = (outcome: Endpoint | 'refused' | null): void => {
          clearTimeout(timer);
          resolve(outcome);
        };
        socket.on('error', () => settle(null)).on('close', () => settle(null));
        // With no route named it hands us no calls.
        const requests = { routes: new Map(), fallback: () => undefined };
        openSipStack(socket, { secret: place.secret, tags: [] }, requests, {
          welcome: settle,
          refused: () => settle('refused'),
        });
      });
      return [...exposed, endpointFinding(name, endpoint)];
    } finally {
      socket.destroy();
    }
  } catch (error) {
    return [
      ...exposed,
      failed(`The admin port of drachtio-server ${name} can’t be reached.`, {
        why: because(error),
        todo: 'Check DRACHTIO_HOST and DRACHTIO_PORT, that drachtio-server runs, and that its <admin> binds to an address that is reached from here.',
      }),
    ];
  }
}

function endpointFinding(name: string, endpoint: Endpoint | 'refused' | null): Finding {
  if (endpoint === 'refused')
    return failed(`drachtio-server ${name} refuses the secret.`, {
      why: 'Another one stands in its drachtio.conf.xml (<admin secret=…>); no call comes in.',
      todo: 'Set DRACHTIO_SECRET, or drachtio.secret in gateway.yaml, to that one.',
    });
  if (endpoint === null)
    return failed(`What listens at ${name} does not answer as drachtio-server does.`, {
      why: 'It is another program, hangs, or expects TLS (or none).',
      todo: 'Check DRACHTIO_PORT (the admin port, 9022, not SIP’s) and drachtio.tls.',
    });
  const { version, hostports } = endpoint;
  return ok(
    `drachtio-server ${version || '(of unknown version)'} at ${name} takes our secret; SIP at ${hostports.replaceAll(',', ', ')}`,
  );
}

/** An admin port on a public address is anybody's to try. */
async function exposure({ name, host, tls }: ServerPlace): Promise<Finding[]> {
  const address = await lookup(host).then(
    (found) => found.address,
    () => null,
  );
  if (address === null || !isPublic(address)) return [];
  return [
    warning(`The admin port of drachtio-server ${name} is at a public address.`, {
      why: tls
        ? 'Anybody may try its secret.'
        : 'Anybody may try its secret, and secret and calls go there unencrypted.',
      todo: 'Give <admin> a private address in drachtio.conf.xml, and let a firewall keep the port closed outside.',
    }),
  ];
}
