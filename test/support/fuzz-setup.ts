/** Before each test file: fast-check too goes by the seed of `npm run fuzz`. */
import { fuzzSeed } from './fuzz-seed.ts';

if (process.env.FUZZ_SEED !== undefined) {
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: fuzzSeed() });
}
