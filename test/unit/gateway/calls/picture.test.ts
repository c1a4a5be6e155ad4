import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallsOptions } from '../../../../gateway/calls/calls.ts';
import type { MeetingStore } from '../../../../gateway/ports.ts';
import { FakeMediaNode } from '../../../fakes/media-node.ts';
import type { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { decided, joinRoom, routed, plainView } from '../../../support/dial-plan.ts';
import { aMeeting } from '../../../support/meetings.ts';
import { FakeLeg, askPin, build, rules } from './support.ts';

/** Its legs write down what they are told to show. */
class Watched extends FakeMediaNode {
  readonly shown: string[] = [];
  /** When set, nothing can be shown. */
  blind: Error | null = null;

  override async openLeg(id: string): Promise<FakeMediaLeg> {
    const leg = await super.openLeg(id);
    const told = (what: string): Promise<void> => {
      this.shown.push(what);
      return this.blind ? Promise.reject(this.blind) : Promise.resolve();
    };
    leg.show = (screen) =>
      told(
        screen === null
          ? 'the room'
          : [screen.title, ...screen.lines, '•'.repeat(screen.digits ?? 0)].filter(Boolean).join(' / '),
      );
    leg.setBanner = (text) => told(text === null ? 'no banner' : `[${text}]`);
    leg.setLayout = (layout, own) => told(`layout ${layout}, own picture ${own}`);
    return leg;
  }

  /** Since the last time. */
  take(): string[] {
    return this.shown.splice(0);
  }
}

const meeting = aMeeting({ pins: { host: '11112222', guest: '3334' }, waitForHost: true, language: 'de' });

const meetings = {
  findByRoom: () => Promise.resolve(null),
  findByPin: (_tenant: string, pin: string) =>
    Promise.resolve(pin === meeting.pins.guest ? { found: true, meeting, role: 'guest' } : { found: false }),
} as unknown as MeetingStore;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function call(options: Partial<CallsOptions> = {}, ...company: string[]) {
  const node = new Watched();
  const built = build(node, options);
  node.gather('weekly', ...company);
  const leg = new FakeLeg('1', node);
  built.calls.accept(leg);
  await pass();
  const media = node.legs[0];
  const press = async (keys: string): Promise<void> => {
    for (const key of keys) media.say('digit', key);
    await pass();
  };
  return { ...built, node, leg, media, press };
}

describe('what a room system shows', () => {
  it('from the PIN through the lobby into the room and out of it, each once', async () => {
    const { node, media, press } = await call({ ...askPin, meetings });
    expect(node.take()).toEqual(['Please enter your PIN / Then press #.']);
    await press('12');
    expect(node.take()).toEqual([
      'Please enter your PIN / Then press #. / •',
      'Please enter your PIN / Then press #. / ••',
    ]);
    await press('#');
    expect(node.take()).toEqual([
      'Please enter your PIN / One moment … / ••',
      'Please enter your PIN / That PIN is not known. You have 2 more tries. / Then press #.',
    ]);
    await press('3334#');
    // The meeting speaks German.
    expect(node.take().slice(4)).toEqual([
      'Please enter your PIN / One moment … / ••••',
      'weekly / Die Besprechung beginnt, wenn der Gastgeber da ist. / Bitte warten Sie.',
    ]);
    node.gather('weekly', 'ada');
    await pass();
    expect(node.take()).toEqual([
      'weekly / Sie werden verbunden …',
      'layout auto, own picture auto',
      'the room',
    ]);
    media.say('link', 'room-deleted');
    expect(node.take()).toEqual(['Die Besprechung ist beendet']);
  });

  it('in the room: nothing while all is well, a banner when there is something to say', async () => {
    const { node, media, press } = await call({}, 'ada');
    expect(node.take()).toEqual(['weekly / Joining …', 'layout auto, own picture auto', 'the room']);
    await press('1234');
    node.gather('weekly', 'ada', 'bea');
    expect(node.take()).toEqual([]);
    await press('*6');
    await press('*6');
    media.say('mutedByHost', true);
    expect(node.take()).toEqual([
      '[You are muted: press *6 to speak]',
      'no banner',
      '[The host has muted you: press *6 to speak]',
    ]);
    media.say('cameraMutedByHost', true);
    await press('*6');
    media.say('cameraMutedByHost', false);
    media.say('mutedByHost', true);
    expect(node.take()).toEqual([
      '[The host has turned your camera off]',
      'no banner',
      '[The host has muted you: press *6 to speak]',
    ]);
    await press('*8');
    await pass(4000);
    expect(node.take()).toEqual([
      'layout grid, own picture auto',
      '[Layout: grid]',
      '[The host has muted you: press *6 to speak]',
    ]);
    await press('*6');
    media.say('videoLimited', true);
    media.say('videoLimited', false);
    node.gather('weekly');
    expect(node.take()).toEqual([
      'no banner',
      '[The connection is slow: reduced picture]',
      'no banner',
      '[You are the only one here]',
    ]);
  });

  it('when the room is lost and found, and why the call is over', async () => {
    const { node, media } = await call({}, 'ada');
    node.take();
    media.say('link', 'lost');
    media.say('link', 'restored');
    media.say('link', 'removed');
    expect(node.take()).toEqual([
      'weekly / The connection to the meeting was lost. / Reconnecting …',
      'the room',
      'The host has removed you from the meeting',
    ]);
    media.played.at(-1)?.finish();
    await pass();
    expect(node.take()).toEqual([]);
  });
});

it('sees nothing empty between a screen and the room, nor between the room and the last screen', async () => {
  const node = new Watched();
  const { calls } = build(node);
  node.gather('weekly', 'ada');
  const opened = node.openLeg.bind(node);
  node.openLeg = async (id) => {
    const leg = await opened(id);
    leg.hear = (source) => Promise.resolve(void node.shown.push(`hears ${source}`));
    return leg;
  };
  calls.accept(new FakeLeg('1', node));
  await pass();
  node.legs[0].say('link', 'room-deleted');
  expect(node.take()).toEqual([
    'weekly / Joining …',
    'hears room',
    'layout auto, own picture auto',
    'the room',
    'The meeting has ended',
    'hears nothing',
  ]);
});

it('sees the room as the rule says, else as the configuration does', async () => {
  for (const [view, seen] of [
    [plainView, 'layout speaker, own picture small'],
    [{ layout: 'lecture', ownPicture: null }, 'layout lecture, own picture small'],
    [{ layout: null, ownPicture: 'left-out' }, 'layout speaker, own picture left-out'],
  ] as const) {
    const { node } = await call({
      rules: { ...rules, layout: 'speaker' },
      ownPicture: 'small',
      route: () => routed(decided(joinRoom('weekly', view))),
    });
    expect(node.take()).toContain(seen);
  }
});

it('goes on without a picture where none can be shown, and says so once', async () => {
  const node = new Watched();
  node.blind = new Error('no pictures here');
  const { calls, lines } = build(node);
  node.gather('weekly', 'ada');
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  await pass();
  node.legs[0].say('mutedByHost', true);
  await pass();
  expect(leg.ended).toBeNull();
  expect(calls.states()).toEqual(['in-room']);
  expect(lines.filter(({ sentence }) => sentence === 'screen not shown')).toHaveLength(1);
});
