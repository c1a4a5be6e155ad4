import { defineConfig } from 'vitest/config';

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
          // Real processes, sockets and peers: one file at a time on a small machine.
          name: 'system',
          include: ['test/{contract,e2e,interop}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // LiveKit's client library would print its errors, tokens included, and debug lines for each join.
          env: { RUST_LOG: 'off', NODE_ENV: 'production' },
        },
      },
    ],
  },
});
