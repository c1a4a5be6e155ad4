import { isIP } from 'node:net';

/**
 * Whether a page may open a WebSocket here (RFC 6455 §10.2, RFC 7118 §10.1); programs that are no browsers send no
 * Origin. With nothing configured that is a page of the address that the client called, if it called one: a name may
 * be anybody's and lead here all the same (DNS rebinding), so names have to be listed. `*` allows all.
 * @param origin `https://phone.example:8443`, or `null`
 * @param host the Host header
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  listed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (listed.length > 0) return listed.includes('*') || listed.some((one) => sameOrigin(one, origin));
  const page = hostOf(origin);
  const here = hostOf(`http://${host ?? ''}`);
  return (
    page !== undefined && page === here && (page === 'localhost' || isIP(page.replace(/[[\]]/g, '')) > 0)
  );
}

function sameOrigin(left: string, right: string): boolean {
  return URL.canParse(left) && URL.canParse(right) && new URL(left).origin === new URL(right).origin;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
