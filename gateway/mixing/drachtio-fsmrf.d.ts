/** The library has no types; `fsmrf.ts` has those of what is used. */
declare module 'drachtio-fsmrf' {
  const Mrf: unknown;
  export default Mrf;
}
