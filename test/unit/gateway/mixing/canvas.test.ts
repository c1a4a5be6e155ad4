import { describe, expect, it } from 'vitest';
import { Rooms } from '../../../../gateway/mixing/rooms.ts';
import type { Guest } from '../../../../gateway/mixing/rooms.ts';
import type { Drawing } from '../../../../gateway/mixing/drawing/protocol.ts';
import type { EndpointSpec, EndpointState } from '../../../../mcu/control/mixer-protocol.ts';
import type { OwnPicture, PersonShown } from '../../../../mcu/ports.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { until } from '../../../support/until.ts';

const socket = { rtpPort: 4000, rtcpPort: 4001 };

/** One who follows as an endpoint does, without a FreeSWITCH. */
class Follower implements Guest {
  readonly id: string;
  readonly spec: EndpointSpec;
  state: EndpointState;
  readonly #room: TestRooms;
  readonly #member: number;
  #conference = '';

  constructor(
    room: TestRooms,
    id: string,
    member: number,
    kind: 'phone' | 'camera' | 'screen',
    looks: number | null,
    own: OwnPicture,
  ) {
    this.id = id;
    this.#room = room;
    this.#member = member;
    const profile = {
      codec: 'H264',
      width: ((looks ?? 0) * 16) / 9,
      height: looks ?? 0,
      fps: 30,
      bitrate: 600_000,
    } as const;
    this.spec = {
      ...{ seat: id, role: looks === null ? 'participant' : 'leg', host: '127.0.0.1', bridgedTo: null },
      audio: { ...socket, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
      video:
        kind === 'phone'
          ? null
          : {
              ...socket,
              sends: [{ codec: 'H264', payloadType: 102 }],
              kind,
              gets: looks === null ? null : { profile, payloadType: 102 },
            },
    };
    this.state = {
      ...{
        room: 'demo',
        identity: id,
        hears: true,
        sees: looks !== null,
        muted: false,
        shows: kind !== 'phone',
      },
      look: looks === null ? null : { screen: null, banner: null, layout: 'auto', own },
    };
    this.set({});
  }

  set(change: Partial<EndpointState>): void {
    this.state = { ...this.state, ...change };
    this.#room.rooms.follow(this);
    this.settle();
  }

  get place(): ReturnType<Rooms['placeOf']> {
    return this.#room.rooms.placeOf(this);
  }

  settle(): void {
    const { conference, own } = this.place;
    if (conference === this.#conference) return;
    this.#conference = conference;
    const seat = {
      conference,
      member: this.#member,
      uuid: `channel-${this.#member}`,
      shows: this.#room.rooms.shows(this),
    };
    if (!own) this.#room.rooms.seated(this, seat, this.#room.api);
  }
}

class TestRooms {
  readonly commands: string[] = [];
  readonly drawn: Drawing[] = [];
  readonly rooms = new Rooms({
    owner: ['test'],
    draw: (drawing) => {
      this.drawn.push(drawing);
      return Promise.resolve(
        drawing.kind === 'name' ? `/${drawing.name}${drawing.muted ? '!' : ''}.png` : '/screen.png',
      );
    },
    log: quietLog(),
  });
  /** What FreeSWITCH says to each command. */
  answer = '+OK';
  #members = 0;
  #people: readonly PersonShown[] = [];

  readonly api = (command: string): Promise<string> => {
    this.commands.push(command.replace(/^conference \S+ /, ''));
    return Promise.resolve(this.answer);
  };

  guest(
    id: string,
    kind: 'phone' | 'camera' | 'screen',
    looks: number | null = null,
    own: OwnPicture = 'shown',
  ): Follower {
    return new Follower(this, id, ++this.#members, kind, looks, own);
  }

  people(...people: readonly PersonShown[]): void {
    this.#people = people;
    this.speak();
  }

  speak(...speakers: readonly string[]): void {
    this.rooms.show('demo', { people: this.#people, speakers });
  }

  async said(...commands: readonly string[]): Promise<void> {
    await until(`${commands.join(', ')} in ${this.commands.join(', ')}`, () =>
      commands.every((one) => this.commands.includes(one)),
    );
  }
}

describe('a room on FreeSWITCH', () => {
  it('is of sound alone until somebody looks; then all move to a conference with their canvas', () => {
    const room = new TestRooms();
    const phone = room.guest('phone', 'phone');
    const before = phone.place;
    expect(before).toMatchObject({ size: null, own: false });
    const first = room.guest('first', 'camera', 720);
    expect(phone.place).toEqual(first.place);
    expect(phone.place.size?.height).toBe(720);
    expect(phone.place.conference).not.toBe(before.conference);
    const large = room.guest('large', 'camera', 1080);
    expect(large.place.size?.height).toBe(1080);
    expect([phone.place, first.place]).toEqual([large.place, large.place]);
    // It never gets smaller.
    room.rooms.leave(large);
    expect(first.place).toEqual(phone.place);
    expect(first.place.size?.height).toBe(1080);
    expect(room.commands.join()).not.toContain('demo');
  });

  it('stays as small as both take while a pair may have a canvas each', () => {
    const room = new TestRooms();
    const [small, large] = [720, 1080].map((looks) => room.guest(`${looks}p`, 'camera', looks, 'auto'));
    expect([small, large].map(({ place }) => place.size?.height)).toEqual([720, 720]);
    room.guest('third', 'camera');
    expect([small, large].map(({ place }) => place.size?.height)).toEqual([1080, 1080]);
  });

  it('is left for a screen of one’s own, where nobody else is', () => {
    const room = new TestRooms();
    const viewer = room.guest('viewer', 'camera', 1080);
    const other = room.guest('other', 'camera', 1080);
    const screen = { title: 'Wait', lines: [], digits: null };
    const look = { screen, banner: null, layout: 'auto', own: 'shown' } as const;
    viewer.set({ look });
    expect(viewer.place).toMatchObject({ own: true, size: { height: 1080 } });
    viewer.set({ look: { ...look, screen: null } });
    expect(viewer.place).toEqual(other.place);
  });

  it('shows cameras that are on, with their names and who is muted, and a shared screen in its place', async () => {
    const room = new TestRooms();
    room.guest('viewer', 'camera', 720);
    const ada = room.guest('ada', 'camera');
    const people = (adaIs: object) =>
      room.people(
        { identity: 'viewer', name: '', muted: false, cameraOff: false },
        { identity: 'ada', name: 'Ada', muted: false, cameraOff: false, ...adaIs },
      );
    people({});
    const named = (member: number, file: string): string =>
      `vid-logo-img ${member} {position=left-bot,fit=fit-necessary}${file}`;
    await room.said(named(1, '/viewer.png'), named(2, '/Ada.png'));
    people({ muted: true });
    await room.said(named(2, '/Ada!.png'));
    const slides = room.guest('slides', 'screen');
    await room.said('vid-layout gateway-presentation-2', 'vid-res-id 3 screen force');
    people({ cameraOff: true });
    await room.said('vmute 2 quiet', 'vid-layout gateway-presentation-1');
    room.rooms.leave(slides);
    room.commands.length = 0;
    ada.set({ muted: true });
    people({});
    await room.said('vid-layout group gateway-grid', 'unvmute 2 quiet', 'uuid_video_refresh channel-2');
  });

  it('has a camera seen from the moment it enters, unless it is off, and tells FreeSWITCH nothing more of it', async () => {
    const room = new TestRooms();
    const viewer = room.guest('viewer', 'camera', 720);
    await room.said('vid-layout group gateway-grid');
    room.people({ identity: 'off', name: 'Off', muted: false, cameraOff: true });
    room.commands.length = 0;
    const [ada, off] = [room.guest('ada', 'camera'), room.guest('off', 'camera')];
    const phone = room.guest('phone', 'phone');
    expect([ada, off, phone].map((one) => room.rooms.shows(one))).toEqual([true, false, false]);
    viewer.set({ look: { screen: null, banner: null, layout: 'speaker', own: 'shown' } });
    await room.said('vid-layout gateway-speaker-1');
    expect(room.commands.filter((command) => command.includes('vmute'))).toEqual([]);
  });

  it('frames who speaks, where there are several, and tells it again when FreeSWITCH had no tile yet', async () => {
    const room = new TestRooms();
    const person = { muted: false, cameraOff: false };
    room.guest('viewer', 'camera', 720);
    room.people({ ...person, identity: 'viewer', name: '' }, { ...person, identity: 'ada', name: 'Ada' });
    room.speak('viewer');
    await room.said('vid-layout group gateway-grid');
    room.guest('ada', 'camera');
    await room.said('vid-border 1 4');
    room.answer = '-ERR Channel is not in a video layer';
    room.speak('ada');
    await room.said('vid-border 1 0', 'vid-border 2 4');
    room.answer = '+OK';
    room.commands.length = 0;
    room.speak('ada', 'viewer');
    await room.said('vid-border 2 4');
    expect(room.commands).toEqual(['vid-border 2 4']);
    room.people(
      { ...person, identity: 'viewer', name: '' },
      { ...person, identity: 'ada', name: 'Ada', muted: true },
    );
    await room.said('vid-border 1 0', 'vid-border 2 0');
  });

  it('follows the last who chooses, and whoever comes without a wish changes nothing', async () => {
    const room = new TestRooms();
    const [first] = ['a', 'b', 'c'].map((id) => room.guest(id, 'camera', 720));
    const wish = (layout: 'speaker' | 'auto'): void =>
      first.set({ look: { screen: null, banner: null, layout, own: 'shown' } });
    wish('speaker');
    await room.said('vid-layout gateway-speaker-2');
    room.commands.length = 0;
    room.guest('d', 'camera', 720);
    await room.said('vid-layout gateway-speaker-3');
    wish('auto');
    await room.said('vid-layout group gateway-grid');
  });

  it('gives a smaller device an encoder of its own, and two of its own wish a canvas each', async () => {
    const room = new TestRooms();
    const [a, b] = ['a', 'b'].map((id) => room.guest(id, 'camera', 720));
    for (const one of [a, b]) one.set({ look: { screen: null, banner: null, layout: 'auto', own: 'auto' } });
    await room.said('vid-personal on', 'vid-layout group gateway-grid');
    // The shared canvas has the group before: whoever comes later gets a canvas of that.
    const [layout, on] = ['vid-layout group gateway-grid', 'vid-personal on'].map((one) =>
      room.commands.indexOf(one),
    );
    expect(layout).toBeLessThan(on);
    // A name is seen there with another layout only.
    room.commands.length = 0;
    room.people({ identity: 'a', name: 'Ada', muted: true, cameraOff: false });
    await room.said('vid-layout gateway-grid-2', 'vid-layout group gateway-grid');
    expect(room.commands.at(-3)).toContain('/Ada!.png');
    room.guest('small', 'camera', 360);
    await room.said(
      'setvar group-640x360 600kb:=640x360',
      'vid-bandwidth 600kb:=640x360 640x360 1',
      'vid-personal off',
    );
  });

  it('shows who is alone their banner, until somebody comes', async () => {
    const room = new TestRooms();
    room.people({ identity: 'viewer', name: 'V', muted: false, cameraOff: false });
    const viewer = room.guest('viewer', 'camera', 720);
    viewer.set({ look: { screen: null, banner: 'You are the first.', layout: 'auto', own: 'auto' } });
    await room.said('play {png_ms=86400000,full-screen=true}/screen.png');
    expect(room.drawn).toContainEqual(
      expect.objectContaining({ kind: 'screen', title: 'You are the first.' }),
    );
    room.people(
      { identity: 'viewer', name: 'V', muted: false, cameraOff: false },
      { identity: 'ada', name: 'Ada', muted: false, cameraOff: false },
    );
    await room.said('stop current');
  });
});
