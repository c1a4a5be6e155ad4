import type { Config } from '../config/schema.ts';

/** Shorter ones are words that a sentence may need. */
const shortest = 6;

/** All that this configuration keeps secret. */
export function secretsOf(config: Config): string[] {
  const { adminToken, sip, drachtio, freeswitch, livekit, database } = config;
  return [
    adminToken,
    sip.secret,
    drachtio.secret,
    ...drachtio.servers.map(({ secret }) => secret ?? ''),
    freeswitch.secret,
    ...freeswitch.servers.map(({ secret }) => secret ?? ''),
    livekit.apiSecret,
    ...passwordsIn(database.url),
  ].filter((secret) => secret.length >= shortest);
}

function passwordsIn(url: string): string[] {
  if (!URL.canParse(url)) return url === '' ? [] : [url];
  const { password } = new URL(url);
  return [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The last line of defence: checks write no secrets, but error messages of others may. Full numbers keep their last two
 * digits.
 */
export function discreet(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((so, secret) => so.replaceAll(secret, '[hidden]'), text)
    .replaceAll(/(?:\+|\b00)\d{5,}(?=\d{2}\b)/g, '…');
}
