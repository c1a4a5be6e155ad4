/** Text for HTML and SVG, in elements and in attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Times up to a second in ms, later ones in seconds. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** With a minus sign, not a hyphen. */
export function decibels(db: number): string {
  return `${db.toFixed(1).replace('-', '−')} dB`;
}
