import { describe, expect, it } from 'vitest';
import { livekitForBrowsers } from '../../../../gateway/config/livekit-for-browsers.ts';
import { loadConfig } from '../../../../gateway/config/load.ts';

function ways(url: string, startedHere: boolean, options: readonly string[] = []) {
  const config = loadConfig({ argv: options, env: {}, folder: '/nowhere' });
  return livekitForBrowsers(config, url, startedHere);
}

const onNetwork = ['--host', '0.0.0.0', '--publicIp', '203.0.113.5'];
// Any file does: only whether there is a certificate counts.
const withHttps = ['--http.tlsCert', import.meta.filename, '--http.tlsKey', import.meta.filename];

describe('how browsers come to LiveKit', () => {
  it('on one machine: as the gateway does', () => {
    expect(ways('ws://127.0.0.1:7880', true)).toEqual({ url: 'ws://127.0.0.1:7880', throughDoor: false });
    expect(ways('ws://127.0.0.1:7880', false)).toEqual({ url: 'ws://127.0.0.1:7880', throughDoor: false });
  });

  it('one of ours on a network: at the address that people are told', () => {
    expect(ways('ws://127.0.0.1:7880', true, onNetwork)).toEqual({
      url: 'ws://203.0.113.5:7880',
      throughDoor: false,
    });
  });

  it('somebody else’s that listens on this machine alone: through our own door', () => {
    const throughDoor = { url: 'ws://203.0.113.5:8080', throughDoor: true };
    expect(ways('ws://127.0.0.1:7880', false, onNetwork)).toEqual(throughDoor);
    expect(ways('ws://localhost:7880', false, onNetwork)).toEqual(throughDoor);
    expect(ways('ws://[::1]:7880', false, onNetwork)).toEqual(throughDoor);
  });

  it('from a page that is HTTPS: through our own door, whoever’s it is, unless it has a certificate itself', () => {
    const throughDoor = { url: 'wss://203.0.113.5:8080', throughDoor: true };
    expect(ways('ws://127.0.0.1:7880', true, [...onNetwork, ...withHttps])).toEqual(throughDoor);
    expect(ways('ws://10.0.0.7:7880', false, [...onNetwork, ...withHttps])).toEqual(throughDoor);
    expect(ways('wss://rooms.example', false, [...onNetwork, ...withHttps])).toEqual({
      url: 'wss://rooms.example',
      throughDoor: false,
    });
  });

  it('by the name that the operator gave it, and the door is open all the same', () => {
    const named = ['--livekit.browserUrl', 'wss://gateway.example:8080'];
    expect(ways('ws://127.0.0.1:7880', false, [...onNetwork, ...withHttps, ...named])).toEqual({
      url: 'wss://gateway.example:8080',
      throughDoor: true,
    });
  });

  it('somebody else’s on a network, over plain HTTP: as the gateway does', () => {
    expect(ways('ws://10.0.0.7:7880', false, onNetwork)).toEqual({
      url: 'ws://10.0.0.7:7880',
      throughDoor: false,
    });
  });
});
