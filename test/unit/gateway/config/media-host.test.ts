import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../gateway/config/load.ts';
import { mediaHostPlace } from '../../../../gateway/config/media-host.ts';

const secret = 'a-secret-of-the-test';

function load(env: Record<string, string>) {
  const livekit = { LIVEKIT_URL: 'ws://10.0.0.4:7880', LIVEKIT_API_KEY: 'k', LIVEKIT_API_SECRET: 's' };
  return loadConfig({ argv: [], env: { ...livekit, ...env }, folder: '/nowhere' });
}

describe('a media host in the configuration', () => {
  it('is none unless it is named', () => {
    expect(mediaHostPlace(load({}))).toBeNull();
  });

  it('is where its address says, with its secret', () => {
    const config = load({ MEDIA_HOST_URL: 'wss://media.example:9030', MEDIA_HOST_SECRET: secret });
    expect(mediaHostPlace(config)).toEqual({
      ...{ url: 'wss://media.example:9030', secret, ca: null, plainAnywhere: false },
    });
  });

  it.each([
    [{ MEDIA_HOST_URL: 'http://10.0.0.5:9030' }, 'is no media host'],
    [{ MEDIA_HOST_URL: '10.0.0.5:9030' }, 'is no media host'],
    [{ MEDIA_HOST_URL: `ws://x:${secret}@10.0.0.5:9030` }, 'is no media host'],
    [{ MEDIA_HOST_URL: 'ws://10.0.0.5:9030/path' }, 'is no media host'],
    [{ MEDIA_HOST_URL: 'ws://10.0.0.5:9030', MEDIA_HOST_SECRET: 'short' }, 'at least 16 characters'],
    [{ MEDIA_HOST_URL: 'ws://203.0.113.7:9030' }, 'is a public address'],
    [{ MEDIA_HOST_URL: 'ws://[2001:db8::7]:9030' }, 'is a public address'],
    [{ MEDIA_HOST_URL: 'wss://media.example', GATEWAY_MEDIA_HOST_CA: '/none' }, 'there is no file “/none”'],
    [
      { MEDIA_HOST_URL: 'ws://10.0.0.5:9030', GATEWAY_MEDIA_HOST_CA: import.meta.filename },
      'with wss:// only',
    ],
    [{ MEDIA_HOST_URL: 'ws://10.0.0.5:9030', LIVEKIT_URL: 'ws://127.0.0.1:7880' }, 'names another machine'],
    [
      { MEDIA_HOST_URL: 'ws://10.0.0.5:9030', GATEWAY_MEDIA_HOST_LIVEKIT_URL: 'http://10.0.0.4' },
      'is no LiveKit',
    ],
  ])('%j is refused in words', (env, words) => {
    const load_ = () => load({ MEDIA_HOST_SECRET: secret, ...env });
    expect(load_).toThrow(words);
    expect(load_).not.toThrow(secret);
  });

  it('may be on this machine with its LiveKit, or be told another address of it', () => {
    const near = { LIVEKIT_URL: 'ws://127.0.0.1:7880', MEDIA_HOST_SECRET: secret };
    load({ ...near, MEDIA_HOST_URL: 'ws://127.0.0.1:9030' });
    load({
      ...near,
      MEDIA_HOST_URL: 'ws://10.0.0.5:9030',
      GATEWAY_MEDIA_HOST_LIVEKIT_URL: 'wss://gateway.example:8080',
    });
    load({
      ...{ MEDIA_HOST_URL: 'ws://203.0.113.7:9030', MEDIA_HOST_SECRET: secret },
      GATEWAY_MEDIA_HOST_PLAIN: 'anywhere',
    });
  });
});
