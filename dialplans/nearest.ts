/** What was probably meant, of names that there are; null: none is near. */
export function nearest(given: string, known: Iterable<string>): string | null {
  const typed = given.toLowerCase();
  // A letter wrong in a short name, a third of them in a long one.
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  let found: string | null = null;
  for (const name of known) {
    // Of a single letter everything is near.
    if (name.length < 2 || Math.abs(name.length - typed.length) >= least) continue;
    const steps = editsBetween(typed, name.toLowerCase());
    if (steps < least) [least, found] = [steps, name];
  }
  return found;
}

/** `Did you mean "x"? ` or nothing. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const meant = nearest(given, known);
  return meant === null ? '' : `Did you mean "${meant}"? `;
}

/** `Did you mean "x"? Known: x, y, z.` */
export function knownNames(given: string, known: Iterable<string>): string {
  const names = [...known];
  const listed = names.slice(0, maxListed).join(', ') || 'none';
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : '';
  return `${didYouMean(given, names)}Known: ${listed}${more}.`;
}

const maxListed = 10;
/** Nobody mistypes longer names beyond recognition; what is longer costs time. */
const maxLength = 64;

/** Letters to change, add, leave out or swap with their neighbour (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  if (from.length > maxLength || to.length > maxLength) return from === to ? 0 : maxLength;
  let [before, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, place) => place)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let steps = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        steps = Math.min(steps, before[j - 2] + 1);
      }
      row.push(steps);
    }
    [before, last] = [last, row];
  }
  return last[to.length];
}
