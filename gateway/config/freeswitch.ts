import type { EslPlace } from '../mixing/esl.ts';
import { drachtioServers, usesDrachtio } from './drachtio.ts';
import { hostsAndPorts, isHost } from './host-and-port.ts';
import type { Config } from './schema.ts';

type Keys = Pick<Config, 'mixing' | 'freeswitch' | 'drachtio'>;

export function usesFreeSwitch({ mixing }: Pick<Config, 'mixing'>): boolean {
  return mixing.engine === 'freeswitch';
}

/** Every FreeSWITCH, with what its own entry leaves out. */
export function freeSwitchServers({ freeswitch }: Pick<Config, 'freeswitch'>): EslPlace[] {
  const { host, port, secret, servers } = freeswitch;
  const named = hostsAndPorts(host, port).map((one) => ({ ...one, secret }));
  return [...named, ...servers.map((one) => ({ port, secret, ...one }))];
}

/** What no single key can say. */
export function freeSwitchProblems(config: Keys): string[] {
  if (!usesFreeSwitch(config)) return [];
  const problems: string[] = [];
  const servers = freeSwitchServers(config);
  if (servers.length === 0)
    problems.push('mixing.engine is freeswitch: name one with freeswitch.host (FREESWITCH_HOST).');
  for (const { host, port, secret } of servers) {
    const name = `${host}:${port}`;
    if (!isHost(host) || port < 1 || port > 65535)
      problems.push(`freeswitch.host: “${name}” is no host; write 10.0.0.5 or mixer.example:8021.`);
    else if (secret === '')
      problems.push(
        `freeswitch.secret (FREESWITCH_SECRET) is empty: set the password of the event socket of ${name}.`,
      );
    else if (/[\r\n]/.test(secret)) problems.push('freeswitch.secret must be one line.');
  }
  const names = servers.map(({ host, port }) => `${host}:${port}`);
  for (const twice of new Set(names.filter((name, i) => names.indexOf(name) !== i)))
    problems.push(`freeswitch: ${twice} is named twice.`);
  if (usesDrachtio(config) && drachtioServers(config).length === 0)
    problems.push(
      'mixing.engine is freeswitch: FreeSWITCH is called through a drachtio-server that the gateway connects to; name one with drachtio.host besides drachtio.listen.',
    );
  return problems;
}
