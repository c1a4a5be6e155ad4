import { freeSwitchServers } from '../../config/freeswitch.ts';
import { isLoopback } from '../../config/outside.ts';
import type { Config } from '../../config/schema.ts';
import { checkFreeSwitch, sipProfile } from '../../mixing/esl-check.ts';
import { placeName, withEsl } from '../../mixing/esl.ts';
import type { EslPlace } from '../../mixing/esl.ts';
import { failed, failedBy, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Everybody knows them: FreeSWITCH's own, and the one in our file that is there to be changed. */
const knownSecrets = ['ClueCon', 'change-me'];
/** The gateway takes one for hung that is silent for so long. */
const hungSeconds = 5;
const defaultHeartbeatSeconds = 20;

const questions = [
  'sofia status',
  'show codec',
  'xml_locate configuration configuration name switch.conf',
  'global_getvar rtp_secure_media',
  'module_exists mod_av',
  'module_exists mod_png',
] as const;

/** What a FreeSWITCH says to those, in their order. */
export type Answers = Readonly<Record<(typeof questions)[number], string>>;

export interface FreeSwitchOutside {
  /** Its version; throws what the gateway itself would say. */
  readonly check: (place: EslPlace, signal: AbortSignal) => Promise<{ readonly version: string }>;
  readonly ask: (place: EslPlace, signal: AbortSignal) => Promise<Answers>;
}

export const overEventSocket: FreeSwitchOutside = {
  check: checkFreeSwitch,
  ask: (place, signal) =>
    withEsl(
      place,
      async ({ api }) => {
        const answers = await Promise.all(questions.map(api));
        return Object.fromEntries(questions.map((question, i) => [question, answers[i]])) as Answers;
      },
      signal,
    ),
};

/** Each FreeSWITCH that mixes: its event socket, version, modules, SIP profile, codecs and what it has to be told. */
export async function checkFreeSwitches(
  config: Config,
  outside: FreeSwitchOutside,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const each = freeSwitchServers(config).map((place) => checkOne(config, place, outside, signal));
  return (await Promise.all(each)).flat();
}

async function checkOne(
  config: Config,
  place: EslPlace,
  { check, ask }: FreeSwitchOutside,
  signal: AbortSignal,
): Promise<Finding[]> {
  const name = placeName(place);
  const secret = secretFinding(place);
  try {
    const { version } = await check(place, signal);
    const answers = await ask(place, signal);
    const findings = [...secret, ...findingsOf(config, place, answers)];
    if (findings.length > 0) return findings;
    const ports = rtpRange(answers);
    return [ok(`FreeSWITCH ${version} at ${name} has all that is needed, RTP ports ${ports.join('–')}`)];
  } catch (error) {
    const todo = 'Start FreeSWITCH with the configuration of deploy/freeswitch, and see its log.';
    return [...secret, failedBy(`FreeSWITCH at ${name} can’t be used.`, error, todo)];
  }
}

function secretFinding(place: EslPlace): Finding[] {
  if (!knownSecrets.includes(place.secret)) return [];
  const what = `The secret of FreeSWITCH at ${placeName(place)} is one that everybody knows.`;
  const advice = {
    why: 'Whoever reaches its event socket can run any command there, on the machine too.',
    todo: 'Put another one into vars.xml (esl_secret), and set FREESWITCH_SECRET to it.',
  };
  return [isLoopback(place.host) ? warning(what, advice) : failed(what, advice)];
}

function findingsOf(config: Config, place: EslPlace, answers: Answers): Finding[] {
  const name = placeName(place);
  return [
    ...profileFinding(name, answers['sofia status']),
    ...codecFindings(config, name, answers['show codec']),
    ...pictureModules(config, name, answers),
    ...settingFindings(name, answers),
    ...portFindings(config, place, rtpRange(answers)),
  ];
}

function profileFinding(name: string, status: string): Finding[] {
  const state = new RegExp(`^\\s*${sipProfile}\\s+profile\\s+\\S+\\s+(\\S+)`, 'm').exec(status)?.[1];
  if (state === 'RUNNING') return [];
  return [
    failed(`The SIP profile ${sipProfile} of FreeSWITCH at ${name} is ${state ?? 'not there'}.`, {
      why: 'The gateway calls it by that profile; without it nobody is mixed.',
      todo: `See FreeSWITCH’s log, then: fs_cli -x "sofia profile ${sipProfile} start".`,
    }),
  ];
}

const soundCodecs = { PCMU: 'G.711 ulaw', PCMA: 'G.711 alaw', G722: 'G.722', opus: 'OPUS' } as const;

function codecFindings({ media, video }: Config, name: string, list: string): Finding[] {
  const has = (text: string): boolean => list.includes(`codec,${text}`);
  const missing = [
    ...media.codecs.map((codec) => soundCodecs[codec]),
    ...(video.enabled === 'on' ? ['H264 Video', 'VP8 Video'] : []),
  ].filter((codec) => !has(codec));
  if (missing.length === 0) return [];
  return [
    failed(`FreeSWITCH at ${name} does not have ${missing.join(', ')}.`, {
      why: 'It refuses callers and participants with these codecs.',
      todo: 'Load mod_opus, mod_spandsp (G.722) and mod_av (H.264) in modules.conf, as deploy/freeswitch does.',
    }),
  ];
}

function pictureModules({ video }: Config, name: string, answers: Answers): Finding[] {
  if (video.enabled === 'off') return [];
  return (['mod_av', 'mod_png'] as const)
    .filter((module) => answers[`module_exists ${module}`].trim() !== 'true')
    .map((module) =>
      failed(`FreeSWITCH at ${name} has not loaded ${module}.`, {
        why: 'Room systems would have no picture, or no screens and names in it.',
        todo: 'Install the module and load it in modules.conf, or set video.enabled: off.',
      }),
    );
}

function settingFindings(name: string, answers: Answers): Finding[] {
  const findings: Finding[] = [];
  const secure = answers['global_getvar rtp_secure_media'].trim();
  if (secure !== 'forbidden')
    findings.push(
      failed(`rtp_secure_media of FreeSWITCH at ${name} is ${secure || 'not set'}.`, {
        why: 'Its offers then have keys in them that no private RTP has, and calls with pictures are refused.',
        todo: 'Set the global variable rtp_secure_media=forbidden, as vars.xml of deploy/freeswitch does.',
      }),
    );
  const beat = Number(setting(answers, 'event-heartbeat-interval') ?? defaultHeartbeatSeconds);
  if (beat >= hungSeconds)
    findings.push(
      failed(`FreeSWITCH at ${name} gives a sign of life every ${beat} s.`, {
        why: `The gateway takes one for hung that is silent for ${hungSeconds} s, and moves its rooms.`,
        todo: 'Set event-heartbeat-interval to 2 in switch.conf.',
      }),
    );
  return findings;
}

function portFindings(
  { media, calls }: Config,
  place: EslPlace,
  [first, last]: readonly number[],
): Finding[] {
  const name = placeName(place);
  const findings: Finding[] = [];
  if (isLoopback(place.host) && first <= media.rtpPortMax && last >= media.rtpPortMin)
    findings.push(
      warning(`RTP ports of FreeSWITCH at ${name} (${first}–${last}) overlap with the gateway’s.`, {
        why: 'They are on one machine, and each finds ports taken that it thinks its own.',
        todo: 'Move rtp_start and rtp_end in vars.xml, or media.rtpPortMin and media.rtpPortMax.',
      }),
    );
  if (last - first + 1 < calls.maxCalls * 2)
    findings.push(
      warning(
        `RTP ports of FreeSWITCH at ${name} (${first}–${last}) are enough for ${Math.floor((last - first + 1) / 2)} callers without pictures.`,
        {
          why: `calls.maxCalls is ${calls.maxCalls}; people of the room take ports too. Without one it refuses a call.`,
          todo: 'Widen rtp_start to rtp_end in vars.xml.',
        },
      ),
    );
  return findings;
}

/** What switch.conf says, or FreeSWITCH's own defaults. */
function rtpRange(answers: Answers): readonly [first: number, last: number] {
  return [
    Number(setting(answers, 'rtp-start-port') ?? 16_384),
    Number(setting(answers, 'rtp-end-port') ?? 32_768),
  ];
}

function setting(answers: Answers, name: string): string | undefined {
  const xml = answers['xml_locate configuration configuration name switch.conf'];
  return new RegExp(`<param name="${name}" value="([^"]*)"`).exec(xml)?.[1];
}
