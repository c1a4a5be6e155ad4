import { isIPv6 } from 'node:net';

/** `10.0.0.5,sip-1:9023`; where a host has no port of its own, it has this one. */
export function hostsAndPorts(list: string, port: number): { host: string; port: number }[] {
  return list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => hostAndPort(text, port));
}

/** Whether it can be an IP address or a name. */
export function isHost(text: string): boolean {
  return text !== '' && (isIPv6(text) || !/[:/\s]/.test(text));
}

/** `10.0.0.5`, `sip-1:9023`, `fd00::5`, `[fd00::5]:9023` */
function hostAndPort(text: string, port: number): { host: string; port: number } {
  if (isIPv6(text)) return { host: text, port };
  const found = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text);
  const host = (found?.[1] ?? text).replace(/^\[(.*)\]$/, '$1');
  return { host, port: found ? Number(found[2]) : port };
}
