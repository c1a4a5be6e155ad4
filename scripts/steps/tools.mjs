// Programs that some tests drive and no npm package brings; all are in Debian.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, isProgram } from './process.mjs';

const tools = [
  { name: 'sipp', package: 'sip-tester', tests: 'calls from SIPp: wire-exact SIP and load' },
  {
    name: 'baresip',
    package: 'baresip',
    tests: 'calls from a baresip softphone (with baresip-ffmpeg: as a room system too), the demo',
  },
  { name: 'chromium', package: 'chromium', tests: 'the pages and the room page in a browser' },
  { name: 'postgres', package: 'postgresql', tests: 'records kept in PostgreSQL' },
  { name: 'redis-server', package: 'redis-server', tests: 'what docker-compose.yml runs' },
  { name: 'kamailio', package: 'kamailio', tests: 'calls through a SIP proxy' },
  { name: 'openssl', package: 'openssl', tests: 'DTLS with another implementation' },
  {
    name: 'ffmpeg',
    package: 'ffmpeg',
    tests: 'G.722 and video against other codecs, a room system’s camera',
  },
];

/** Each tool with its path, or null. */
export function findTools() {
  return tools.map((tool) => ({
    ...tool,
    path: findOnPath(tool.name) ?? (tool.name === 'postgres' ? findPostgres() : null),
  }));
}

/** Debian keeps the server off PATH, a folder per major version. */
function findPostgres() {
  const folder = '/usr/lib/postgresql';
  try {
    const paths = readdirSync(folder).map((version) => join(folder, version, 'bin', 'postgres'));
    return paths.sort().findLast(isProgram) ?? null;
  } catch {
    return null;
  }
}
