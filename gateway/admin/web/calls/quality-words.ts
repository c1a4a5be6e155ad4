/** A mean opinion score with what people say of it (ITU-T G.107, Annex B). */
export function mosInWords(mos: number | null): string | null {
  if (mos === null) return null;
  return `${opinionOf(mos)} (${mos.toFixed(1)})`;
}

function opinionOf(mos: number): string {
  if (mos >= 4.3) return 'very good';
  if (mos >= 4) return 'good';
  if (mos >= 3.6) return 'fair';
  return mos >= 3.1 ? 'poor' : 'bad';
}
