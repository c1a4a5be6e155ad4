/** RFC 6464: silence. */
const silentDbov = 127;

/** FreeSWITCH's energy is the mean of the samples without their signs. */
export function levelOf(energy: number): number {
  if (energy <= 0) return silentDbov;
  return Math.min(silentDbov, Math.max(0, Math.round(-20 * Math.log10(energy / 32_768))));
}
