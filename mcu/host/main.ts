/** `npm run media-host`: media nodes for gateways on other machines, one for each connection. */
import { readFileSync } from 'node:fs';
import { forks } from '../control/forked.ts';
import { RelayedLog } from '../control/log.ts';
import { messageOf } from '../errors.ts';
import { MediaHost } from './door.ts';
import { HostSettingsError, explainedSettings, promptFolderOf, readSettings } from './options.ts';
import type { HostSettings } from './options.ts';
import { nodeStartOn } from './start.ts';

const { stdout, stderr } = process;

function logOf(settings: HostSettings): RelayedLog {
  return new RelayedLog(settings.MEDIA_HOST_LOG_LEVEL, ({ level, facts, sentence }) => {
    const line = { level, time: new Date().toISOString(), ...facts, msg: sentence };
    stdout.write(`${JSON.stringify(line)}\n`);
  });
}

async function open(settings: HostSettings): Promise<void> {
  const log = logOf(settings);
  const { MEDIA_HOST_TLS_CERT: cert, MEDIA_HOST_TLS_KEY: key } = settings;
  const machine = {
    host: settings.MEDIA_HOST_ADDRESS,
    announced: [settings.PUBLIC_IP, settings.PUBLIC_IPV6].filter((address) => address !== ''),
    rtpPortMin: settings.MEDIA_HOST_RTP_PORT_MIN,
    rtpPortMax: settings.MEDIA_HOST_RTP_PORT_MAX,
    promptFolder: promptFolderOf(settings),
  };
  const host = await MediaHost.open({
    listen: { host: settings.MEDIA_HOST_LISTEN, port: settings.MEDIA_HOST_PORT },
    tls: cert === '' ? null : { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') },
    secret: settings.MEDIA_HOST_SECRET,
    launch: forks({ module: new URL('../main.ts', import.meta.url) }),
    start: (wanted) => nodeStartOn(machine, wanted),
    log,
  });
  const { rtpPortMin, rtpPortMax } = machine;
  const at = { host: settings.MEDIA_HOST_LISTEN, port: host.port, tls: cert !== '' };
  log.info({ ...at, rtpPortMin, rtpPortMax }, 'media host listens');
  const stop = (): void => {
    log.info({}, 'media host ends, and its media nodes with it');
    void host.close().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
}

if (process.argv.includes('--help')) stdout.write(explainedSettings());
else
  try {
    await open(readSettings(process.env));
  } catch (error) {
    const mendable = error instanceof HostSettingsError || (error instanceof Error && 'code' in error);
    stderr.write(`${mendable ? messageOf(error) : String((error as Error).stack)}\n`);
    process.exit(1);
  }
