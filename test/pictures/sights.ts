/** What there is to look at: each layout, with names in many scripts, and each screen. */
import { sightOf } from '../../gateway/calls/screens.ts';
import type { CallState } from '../../gateway/calls/types.ts';
import type { Language } from '../../gateway/prompts/prompts.ts';
import { screenTexts } from '../../gateway/prompts/screen-texts.ts';
import { Floor } from '../../mcu/compositor/floor.ts';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { Director } from '../../mcu/compositor/layout.ts';
import type { View } from '../../mcu/compositor/layout.ts';
import type { CanvasShape, Scene } from '../../mcu/compositor/scene.ts';
import type { Screen } from '../../mcu/ports/pictures.ts';
import { askingPin, leaving } from '../support/call-states.ts';
import { aDestination } from '../support/meetings.ts';
import { camera, sharedScreen } from './cameras.ts';

export interface Sight {
  readonly name: string;
  readonly scene: Scene;
  readonly inDocs: boolean;
}

const names = [
  'Ada Lovelace',
  'Grace Hopper',
  '山田 太郎',
  'Владимир Кузнецов',
  'محمد الخوارزمي',
  '김민수',
  'Maximiliane Freifrau von Hohenstein-Württemberg',
  'Ελένη Παπαδοπούλου',
  'דוד כהן',
  'สมชาย ใจดี',
  'प्रिया शर्मा',
  '李小龙',
  'Nguyễn Văn Ắn',
  '+49 30 901820',
  'さくら カタカナ',
  'Łukasz Żółć 🎉',
  'Room Berlin (محمد) 4',
];

export const hd: CanvasShape = { width: 1280, height: 720, pixelAspect: 1 };
const fullHd: CanvasShape = { width: 1920, height: 1080, pixelAspect: 1 };
const xga: CanvasShape = { width: 1024, height: 768, pixelAspect: 1 };
const cif: CanvasShape = { width: 352, height: 288, pixelAspect: 12 / 11 };
const qcif: CanvasShape = { width: 176, height: 144, pixelAspect: 12 / 11 };

/** Of the fourth person the camera is upright, of the fifth it is 4:3; the third has none; the eighth's has stopped. */
export const pictures: ReadonlyMap<string, I420> = new Map([
  ...names.map((_, i): [string, I420] => [
    `camera-${i}`,
    i === 3 ? camera(i, 360, 640) : i === 4 ? camera(i, 640, 480) : camera(i),
  ]),
  ['screen', sharedScreen()],
]);
const stopped = 7;

interface Room extends Partial<Omit<View, 'room' | 'cameras'>> {
  readonly people: number;
  readonly sharing?: boolean;
  readonly speaker?: number;
}

function scene({ people, sharing = false, speaker, ...view }: Room): Scene {
  const everybody = Array.from({ length: people }, (_, i) => ({
    identity: `person-${i}`,
    name: names[i % names.length],
    muted: i % 3 === 1,
    cameraOff: i % 10 === 2 || i === 13,
  }));
  const room = { people: everybody, speakers: speaker === undefined ? [] : [`person-${speaker}`] };
  const floor = new Floor();
  floor.update(room, 0);
  const cameras = everybody.map(({ identity }, i) => {
    const id = i === stopped ? 'stopped' : `camera-${i % names.length}`;
    return { id, identity, kind: 'camera' as const };
  });
  const screens = sharing ? [{ id: 'screen', identity: 'person-0', kind: 'screen' as const }] : [];
  return new Director().direct(
    {
      canvas: hd,
      layout: 'auto',
      own: 'left-out',
      self: null,
      screen: null,
      banner: null,
      ...view,
      room,
      cameras: [...cameras, ...screens],
    },
    floor,
  );
}

const destination = aDestination({ room: 'Weekly planning' });

/** What callers are shown. */
function shown(state: CallState, language: Language): Screen {
  const { screen } = sightOf(state, screenTexts[language]);
  if (!screen) throw new Error(`${state.name} has no screen`);
  return screen;
}

const screens: Record<string, Screen> = {
  splash: shown({ name: 'joining', destination, slow: false, typed: '' }, 'en'),
  pin: shown(askingPin({ attemptsLeft: 3, after: 'start', typed: '123' }), 'en'),
  'pin-wrong': shown(askingPin({ attemptsLeft: 2, after: 'wrong-pin', typed: '' }), 'de'),
  host: shown({ name: 'waiting-for-host', destination }, 'de'),
  echo: shown({ name: 'echo', keys: '' }, 'en'),
  end: shown(leaving('room-ended'), 'en'),
  'end-wrong-pin': shown(leaving('wrong-pin'), 'de'),
  arabic: { title: 'أدخل رقم التعريف', lines: ['ثم اضغط على #'], digits: 4 },
  japanese: {
    title: '会議はまだ始まっていません。主催者をお待ちください。しばらくそのままでお待ちください。',
    lines: ['主催者が参加すると会議が始まります。'],
    digits: null,
  },
  long: {
    title:
      'A meeting whose name is much longer than anybody would think of giving one, and longer still, so that it ends somewhere',
    lines: [
      'Lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphiokarabomelitokatakechymenokichlepikossyphophattoperisteralektryonoptekephalliokigklopeleiolagoiosiraiobaphetraganopterygon',
    ],
    digits: null,
  },
};

export function sights(): Sight[] {
  const seen = (name: string, room: Room, inDocs = false): Sight => ({ name, scene: scene(room), inDocs });
  return [
    ...[1, 2, 3, 4, 5, 9, 12, 16, 20, 25].map((people) =>
      seen(`grid-${people}`, { people, layout: 'grid', speaker: people > 3 ? 3 : 0 }, people === 9),
    ),
    seen('speaker', { people: 6, layout: 'speaker', speaker: 0 }, true),
    seen('speaker-2', { people: 2, layout: 'speaker', speaker: 1 }),
    seen('speaker-upright', { people: 4, layout: 'speaker', speaker: 3 }),
    seen('speaker-avatar', { people: 6, layout: 'speaker', speaker: 2, own: 'small', self: 'person-4' }),
    seen('one-on-one', { people: 2, self: 'person-1', own: 'small' }, true),
    seen('one-on-one-avatar', {
      people: 3,
      self: 'person-0',
      own: 'left-out',
      layout: 'one-on-one',
      speaker: 2,
    }),
    seen('one-on-one-4x3', { people: 2, self: 'person-1', own: 'small', canvas: xga }),
    seen('lecture', { people: 8, layout: 'lecture', speaker: 5, banner: screenTexts.en.muted }, true),
    seen('presentation', { people: 7, sharing: true, speaker: 1 }, true),
    seen('presentation-4x3', { people: 7, sharing: true, speaker: 1, canvas: xga }),
    seen('presentation-own', { people: 3, sharing: true, self: 'person-1', own: 'small' }),
    seen('grid-sharing', { people: 3, sharing: true, layout: 'grid' }),
    seen('grid-own', { people: 6, layout: 'grid', self: 'person-1', own: 'small', speaker: 1 }),
    seen('grid-4x3', { people: 7, layout: 'grid', canvas: xga, speaker: 5 }),
    seen('grid-withheld', { people: 4, layout: 'grid', withheld: new Set(['camera-1', 'camera-2']) }),
    seen('presentation-withheld', { people: 4, sharing: true, withheld: new Set(['screen', 'camera-0']) }),
    seen('grid-cif', { people: 6, layout: 'grid', canvas: cif, speaker: 4 }),
    seen('grid-qcif', { people: 4, canvas: qcif, speaker: 1 }),
    seen('grid-1080', {
      people: 9,
      layout: 'grid',
      canvas: fullHd,
      speaker: 1,
      banner: 'This meeting is recorded',
    }),
    seen('alone', { people: 1, self: 'person-0', own: 'small', banner: screenTexts.en.alone }),
    seen('alone-wordless', { people: 1, self: 'person-0', own: 'left-out' }),
    ...Object.entries(screens).map(([name, screen]) =>
      seen(`screen-${name}`, { people: 2, screen }, ['splash', 'pin'].includes(name)),
    ),
    seen('screen-cif', { people: 2, screen: screens.pin, canvas: cif }),
    seen('screen-qcif', { people: 2, screen: screens['pin-wrong'], canvas: qcif }),
  ];
}
