import { defineConfig } from 'vitest/config';
import { freeSwitchFor } from './test/support/find-freeswitch.ts';

/** Real processes, sockets and peers: one file at a time on a small machine. */
const alone = {
  globalSetup: 'test/support/global-setup.ts',
  pool: 'forks',
  maxWorkers: 1,
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

// LiveKit's client library would print its errors, tokens included, and debug lines for each join.
const quiet = { RUST_LOG: 'off', NODE_ENV: 'production' };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,torture,fuzz}/**/*.test.ts'],
          setupFiles: ['test/support/fuzz-setup.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...alone,
          name: 'system',
          globalSetup: ['test/support/global-setup.ts', 'test/support/chosen-servers.ts'],
          include: ['test/{contract,e2e,interop}/**/*.test.ts'],
          env: quiet,
        },
      },
      {
        test: {
          // The media node's contract once more, with its processes on a media host.
          ...alone,
          name: 'media-host',
          include: ['test/contract/media-node{,-restart}.test.ts'],
          env: { ...quiet, MEDIA_HOST: '1' },
        },
      },
      {
        test: {
          // The media node's contract once more, with the other engine.
          ...alone,
          name: 'freeswitch',
          include: freeSwitchFor('the media node’s contract with FreeSWITCH')
            ? [
                'test/contract/media-node{,-codecs,-video,-restart,-livekit}.test.ts',
                'test/contract/media-quality.test.ts',
              ]
            : [],
          env: { ...quiet, MEDIA_ENGINE: 'freeswitch' },
        },
      },
    ],
  },
});
