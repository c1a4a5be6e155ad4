import { statSync } from 'node:fs';
import { join } from 'node:path';
import { drachtioServers } from '../../config/drachtio.ts';
import { isLoopback } from '../../config/outside.ts';
import type { Config } from '../../config/schema.ts';
import { failed, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Of the data folder; what is not there yet is made with the right mode. */
const files = ['admin-token', 'pin-keys.json', 'identity-key', 'sip-key.pem', 'gateway.db'] as const;
const shortestToken = 16;

/** Who may read what is secret, and secrets that everybody knows. */
export function checkSecrets(config: Config): readonly Finding[] {
  const findings = [
    ...files.flatMap((name) => readableByOthers(join(config.dataFolder, name))),
    ...adminToken(config),
    ...drachtioDefaults(config),
    ...livekitDefaults(config),
  ];
  return findings.length > 0 ? findings : [ok('nobody else reads them, and none is a default')];
}

function readableByOthers(path: string): Finding[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || (stat.mode & 0o077) === 0) return [];
  return [
    failed(`${path} can be read by other users (mode ${(stat.mode & 0o777).toString(8)}).`, {
      why: 'Whoever reads it can act as the admin, or read PINs and callers’ numbers.',
      todo: `chmod 600 ${path}`,
    }),
  ];
}

function adminToken({ adminToken }: Config): Finding[] {
  if (adminToken === '' || adminToken.length >= shortestToken) return [];
  return [
    warning(`adminToken has ${adminToken.length} characters.`, {
      why: 'It can be guessed, and whoever has it reads PINs and records.',
      todo: 'Leave adminToken empty: one is made and kept in the data folder. Or: openssl rand -hex 24.',
    }),
  ];
}

function drachtioDefaults(config: Config): Finding[] {
  const named = drachtioServers(config).filter(({ secret, host }) => secret === 'cymru' && !isLoopback(host));
  const listens = config.drachtio.listen.port !== 0 && config.drachtio.secret === 'cymru';
  const where = [...named.map(({ name }) => name), ...(listens ? ['drachtio.listen'] : [])];
  if (where.length === 0) return [];
  return [
    failed(`The secret of ${where.join(', ')} is drachtio-server’s default.`, {
      why: 'Everybody knows it: whoever reaches the admin port takes your calls, and places some on your bill.',
      todo: 'Write another secret into drachtio.conf.xml (<admin secret=…>) and set DRACHTIO_SECRET to it.',
    }),
  ];
}

function livekitDefaults({ livekit }: Config): Finding[] {
  if (livekit.url === '' || (livekit.apiKey !== 'devkey' && livekit.apiSecret !== 'secret')) return [];
  const where = new URL(livekit.url).hostname;
  const advice = {
    why: 'Everybody knows the key of livekit-server --dev: whoever reaches LiveKit enters every room.',
    todo: 'Give LiveKit a key of its own (livekit-server generate-keys), and set LIVEKIT_API_KEY and LIVEKIT_API_SECRET.',
  };
  const what = `LiveKit at ${where} has its development key.`;
  return [isLoopback(where) ? warning(what, advice) : failed(what, advice)];
}
