/**
 * The database was there and refused the record itself: SQLSTATE classes 22 (data) and 23 (constraint), or
 * SQLite's like. All else (no connection, disk full, locked) passes with time.
 */
export function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^2[23][0-9A-Z]{3}$/.test(code) || /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code);
}
