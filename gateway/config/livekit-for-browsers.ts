import { inUri, isLoopback, outsideAddress } from './outside.ts';
import type { Config } from './schema.ts';

/** How people's browsers come to LiveKit's signalling. */
export interface LiveKitForBrowsers {
  /** `ws://…` or `wss://…`, as their pages are told. */
  readonly url: string;
  /** True: the gateway's own HTTP port passes it on. */
  readonly throughDoor: boolean;
}

/**
 * A page that came by HTTPS may open no plain WebSocket, and a LiveKit that listens on this machine alone is reached
 * by nobody else: then our own door passes the signalling on.
 * @param url as the gateway itself reaches LiveKit: `ws://…` or `wss://…`
 * @param startedHere it is bound to `host`, as everything of ours
 */
export function livekitForBrowsers(config: Config, url: string, startedHere: boolean): LiveKitForBrowsers {
  const { host, http, livekit } = config;
  const secure = http.tlsCert !== '';
  const { protocol, hostname, port } = new URL(url);
  const hidden = !startedHere && isLoopback(hostname) && !isLoopback(host);
  const throughDoor = protocol === 'ws:' && (secure || hidden);
  if (livekit.browserUrl !== '') return { url: livekit.browserUrl, throughDoor };
  const outside = inUri(outsideAddress(config));
  if (throughDoor) return { url: `${secure ? 'wss' : 'ws'}://${outside}:${http.port}`, throughDoor };
  return { url: startedHere ? `ws://${outside}:${port}` : url, throughDoor };
}
