/**
 * Who mixes for a gateway under test: the media node, or with `MIXING=freeswitch` the FreeSWITCH that
 * `FREESWITCH_HOST` (and `FREESWITCH_PORT`, `FREESWITCH_SECRET`) names, else one that is started.
 */
import { missingForFreeSwitch, startFreeSwitch } from './freeswitch.ts';

export interface ChosenMixing {
  /** The gateway's options for it. */
  readonly options: readonly string[];
  /** People stand in the order in which they came; FreeSWITCH puts those who came at once as it likes. */
  readonly keepsOrder: boolean;
  close(): Promise<void>;
}

/** Says what is missing, or null. */
export function missingForMixing(): string | null {
  const { MIXING, FREESWITCH_HOST } = process.env;
  return MIXING === 'freeswitch' && !FREESWITCH_HOST ? missingForFreeSwitch() : null;
}

export async function chosenMixing(): Promise<ChosenMixing> {
  const { MIXING, FREESWITCH_HOST, FREESWITCH_PORT = '8021', FREESWITCH_SECRET = '' } = process.env;
  if (MIXING !== 'freeswitch') return { options: [], keepsOrder: true, close: () => Promise.resolve() };
  if (FREESWITCH_HOST)
    return {
      options: optionsOf({ host: FREESWITCH_HOST, port: FREESWITCH_PORT, secret: FREESWITCH_SECRET }),
      keepsOrder: false,
      close: () => Promise.resolve(),
    };
  const started = await startFreeSwitch();
  return {
    options: optionsOf({ ...started, port: String(started.port) }),
    keepsOrder: false,
    close: () => started.close(),
  };
}

function optionsOf(freeswitch: { host: string; port: string; secret: string }): string[] {
  const { host, port, secret } = freeswitch;
  return [
    ...['--mixing.engine', 'freeswitch', '--freeswitch.host', host],
    ...['--freeswitch.port', port, '--freeswitch.secret', secret],
  ];
}
