/** `FUZZ_SEED`, which `npm run fuzz` sets anew for each round; 1 without it, so that CI's bytes are always the same. */
export function fuzzSeed(): number {
  return Number(process.env.FUZZ_SEED ?? 1);
}

/** How much more than in CI, where a fuzzer has seconds. */
export function fuzzFactor(): number {
  return process.env.FUZZ_SEED === undefined ? 1 : 10;
}
