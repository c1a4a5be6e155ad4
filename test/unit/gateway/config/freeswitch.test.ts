import { expect, it } from 'vitest';
import { freeSwitchProblems, freeSwitchServers } from '../../../../gateway/config/freeswitch.ts';
import { loadConfig } from '../../../../gateway/config/load.ts';
import { configSchema } from '../../../../gateway/config/schema.ts';

const freeswitch = { engine: 'freeswitch' };

it('names several by comma, and more with ports and secrets of their own', () => {
  const config = configSchema.parse({
    freeswitch: { host: '10.0.0.5, mixer:8022', secret: 's', servers: [{ host: '10.0.0.7', secret: 't' }] },
  });
  expect(freeSwitchServers(config)).toEqual([
    { host: '10.0.0.5', port: 8021, secret: 's' },
    { host: 'mixer', port: 8022, secret: 's' },
    { host: '10.0.0.7', port: 8021, secret: 't' },
  ]);
});

it('is set by the environment', () => {
  const env = {
    MIXING: 'freeswitch',
    FREESWITCH_HOST: '10.0.0.5,10.0.0.6',
    FREESWITCH_PORT: '8022',
    FREESWITCH_SECRET: 's',
  };
  const config = loadConfig({ argv: [], env, folder: '/nonexistent' });
  expect(config.mixing.engine).toBe('freeswitch');
  expect(freeSwitchServers(config).map(({ host, port }) => `${host}:${port}`)).toEqual([
    '10.0.0.5:8022',
    '10.0.0.6:8022',
  ]);
});

it.each([
  [{ secret: '' }, /FREESWITCH_SECRET.*is empty/],
  [{ secret: 's', host: '' }, /name one with freeswitch.host/],
  [{ secret: 's', host: 'sip:10.0.0.5' }, /is no host/],
  [{ secret: 's', host: '10.0.0.5,10.0.0.5' }, /named twice/],
  [{ secret: 's\nexit' }, /must be one line/],
])('says what is wrong with %j', (keys, problem) => {
  const config = configSchema.parse({ mixing: freeswitch, freeswitch: keys });
  expect(freeSwitchProblems(config).join('\n')).toMatch(problem);
});

it('needs a drachtio-server that can be connected to', () => {
  const config = configSchema.parse({
    mixing: freeswitch,
    freeswitch: { secret: 's' },
    drachtio: { listen: { port: 9021 } },
  });
  expect(freeSwitchProblems(config)).toEqual([
    expect.stringMatching(/drachtio\.host besides drachtio\.listen/),
  ]);
});

it('asks for nothing while the media node mixes', () => {
  expect(freeSwitchProblems(configSchema.parse({}))).toEqual([]);
});
