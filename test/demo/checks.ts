/** What has to be true after the demo's call, and what was measured. */
import type { CallFacts } from './call.ts';
import { isAbsent, isRecognised } from './recognise.ts';
import type { Check, Recording, Speech } from './report.ts';
import { CLIP, LIKENESS } from './room-system.ts';
import type { RoomSystemFacts } from './room-system.ts';
import type { LadderMessage } from './sip-trace.ts';
import { decibels } from './words.ts';

/** Both voices are made at −20 dB of full scale; neither way may make them louder or softer than this. */
const LEVEL_DB = -20;
const LEVEL_SLACK_DB = 3;

export function checksOf(
  ladder: readonly LadderMessage[],
  facts: CallFacts,
  phoneHeard: Recording,
  browserHeard: Recording,
): Check[] {
  const { participant, view, record } = facts;
  const titles = ladder.map(({ title }) => title);
  const setUp = ['INVITE', '100 Trying', '180 Ringing', '200 OK', 'ACK'];
  return [
    {
      name: 'The call is set up in order: INVITE, 100, 180, 200, ACK',
      passed: setUp.every((title, i) => titles[i] === title),
      measured: titles.slice(0, setUp.length).join(', '),
    },
    {
      name: 'The PIN, typed as RFC 4733 events, leads to the room',
      passed: view.state === 'in-room',
      measured: `state ${view.state}, room ${view.room ?? 'none'}`,
    },
    {
      name: 'People see the caller as a telephone',
      passed: participant.sip && participant.name.startsWith('Phone '),
      measured: `“${participant.name}”, kind ${participant.sip ? 'SIP' : 'standard'}`,
    },
    {
      name: 'The caller’s G.711 goes into the room without transcoding',
      passed: view.media !== null && view.media.codec === view.media.publishedCodec,
      measured: `${view.media?.codec ?? 'none'} → ${view.media?.publishedCodec ?? 'none'}`,
    },
    heard('The phone hears Ada', phoneHeard.speeches[0]),
    level('The phone hears Ada as loud as she speaks', phoneHeard.speeches[0]),
    notHeard('The phone does not hear itself', phoneHeard.speeches[1]),
    heard('Ada hears the phone', browserHeard.speeches[0]),
    level('Ada hears the phone as loud as it speaks', browserHeard.speeches[0]),
    notHeard('Ada does not hear herself', browserHeard.speeches[1]),
    {
      name: 'The caller shows as active speaker',
      passed: facts.activeSpeaker,
      measured: facts.activeSpeaker ? 'seen' : 'not seen',
    },
    {
      name: 'Hanging up ends it: BYE is answered, the participant gone, the call recorded',
      passed: titles.at(-2) === 'BYE' && titles.at(-1) === '200 OK' && record?.endReason === 'caller-hung-up',
      measured: `${titles.slice(-2).join(', ')}; ${record?.endReason ?? 'no record'}`,
    },
  ];
}

export function roomSystemChecks({ pinScreen, room, seen, view }: RoomSystemFacts): Check[] {
  const video = view.media?.video;
  const sent = video?.sent?.profile;
  return [
    like('The room system’s screen asks for its PIN', pinScreen.difference),
    like('It sees Ada and Grace, each in their place and under their name', room.difference),
    {
      name: 'Its picture is 720p',
      passed: sent?.height === 720,
      measured: sent ? `${sent.codec}, ${sent.width}×${sent.height}` : 'none',
    },
    {
      name: 'Ada sees its camera',
      passed: seen.width === CLIP.width && seen.height === CLIP.height,
      measured: `${seen.width}×${seen.height}`,
    },
    {
      name: 'Its H.264 goes into the room without transcoding',
      passed: video?.published?.codec === 'H264' && !video.published.transcoded,
      measured: `${video?.received?.codec ?? 'none'} → ${video?.published?.codec ?? 'none'}`,
    },
  ];
}

function like(name: string, difference: number): Check {
  return {
    name,
    passed: difference < LIKENESS,
    measured: `colours ${difference.toFixed(1)} of 255 off on the whole`,
  };
}

function heard(name: string, speech: Speech): Check {
  return { name, passed: isRecognised(speech), measured: match(speech) };
}

function notHeard(name: string, speech: Speech): Check {
  return { name, passed: isAbsent(speech), measured: match(speech) };
}

function level(name: string, { found }: Speech): Check {
  return {
    name,
    passed: found !== null && Math.abs(found.activeDb - LEVEL_DB) <= LEVEL_SLACK_DB,
    measured:
      found === null ? 'not recognised' : `${decibels(found.activeDb)}, made at ${decibels(LEVEL_DB)}`,
  };
}

function match({ correlation, inPlace }: Speech): string {
  return `correlation ${correlation.toFixed(2)}, ${Math.round(inPlace * 100)} % in place`;
}
