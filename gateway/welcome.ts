import type { DialIn, Parts } from './admin/context.ts';
import { inUri } from './config/outside.ts';
import type { Config } from './config/schema.ts';
import { sipListeners } from './config/sip-listeners.ts';
import type { Meeting, PartStatus } from './ports.ts';

/** What a started gateway can say of itself. */
export interface Facts {
  readonly config: Config;
  readonly dialIn: DialIn;
  /** Where the made admin token lies; null: the configuration has one. */
  readonly adminTokenFile: string | null;
  readonly status: () => Parts;
  readonly livekitUrl: string;
  readonly demo: Meeting | null;
}

/** The one table that `npm start` prints: what listens where, what is ours, and what to try first. */
export function welcome(facts: Facts): string {
  const { config, status } = facts;
  const parts = status();
  const rows: string[][] = [
    ['part', 'where', 'which', 'state'],
    [
      'SIP',
      parts.sip.embedded ? sipAddresses(config) : (parts.sip.detail ?? '–').replaceAll(',', ', '),
      which(parts.sip, 'drachtio-server', parts.sip.servers.map(({ server }) => server).join(', ')),
      parts.sip.state,
    ],
    ['rooms', facts.livekitUrl, which(parts.rooms, 'LiveKit', facts.livekitUrl), parts.rooms.state],
    ...parts.media.map((node) => [
      `media ${node.id}`,
      node.embedded
        ? `${inUri(config.host)}:${config.media.rtpPortMin}–${config.media.rtpPortMax} UDP`
        : config.mediaHost.url,
      `${node.embedded ? 'embedded' : 'media host, external'}, ${node.engine.kind} engine`,
      node.state,
    ]),
    [
      'records',
      config.database.url === '' ? config.dataFolder : 'PostgreSQL',
      which(parts.records, 'PostgreSQL', ''),
      parts.records.state,
    ],
    ['API, pages', facts.dialIn.webUrl('').replace(/\/join\/$/, ''), 'gateway', 'up'],
  ];
  return `\n${table(rows)}\n\n${tryFirst(facts)}\n`;
}

/** `127.0.0.1:5060 UDP, TCP, 5061 TLS` */
function sipAddresses(config: Config): string {
  const more = sipListeners(config).filter(({ key }) => key !== 'sip.port');
  const host = inUri(config.host);
  return [`${host}:${config.sip.port} UDP, TCP`, ...more.map(({ name, port }) => `${port} ${name}`)].join(
    ', ',
  );
}

function which(part: PartStatus, name: string, where: string): string {
  const version = part.version === null ? '' : ` ${part.version}`;
  return part.embedded ? `embedded${version}` : `${name}${version}${where === '' ? '' : `, external`}`;
}

function tryFirst({ dialIn, demo, adminTokenFile, config }: Facts): string {
  const ask = dialIn.sipUri(dialIn.number);
  const lines = [
    ...(demo
      ? [
          ['Talk in a browser', dialIn.webUrl(demo.room)],
          ['Dial with a PIN', `${ask}   PIN ${demo.pins.guest}#`],
          ['Dial without', dialIn.sipUri(demo.room)],
        ]
      : []),
    ['Echo test', dialIn.sipUri(dialIn.echoNumber)],
    ['With baresip', `baresip -e "/dial ${ask}"`],
    // Its own default port is the one that the gateway has.
    [
      'With linphone',
      `printf '[sip]\\nsip_port=-1\\n' > linphonerc; linphonec -c linphonerc, then: call ${ask}`,
    ],
    ...(adminTokenFile === null ? [] : [['Admin token', `in ${adminTokenFile}`]]),
    ['Stop', 'Ctrl-C'],
  ];
  const hint =
    config.host === '127.0.0.1'
      ? '\n  Only this machine can reach it; for your network: npm start -- --host <address>\n'
      : '';
  return lines.map(([what, how]) => `  ${what.padEnd(18)} ${how}`).join('\n') + hint;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('   ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('   ')}`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
