/** Legs through drachtio-srf and an edge, with a caller that writes its messages by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { LegError } from '../../gateway/errors.ts';
import { findTrunk, indexTrunks } from '../../dialplans/trunks.ts';
import type { Edge, Leg, RefusedCall, Trunk } from '../../gateway/ports.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import type { SipEdgeOptions } from '../../gateway/sip/sip-edge.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import type { FakeMediaLeg } from '../fakes/media-node.ts';
import type { EdgeUnderTest } from './edge-under-test.ts';
import { embeddedEdge, realEdge } from './edge-under-test.ts';
import { PlainCaller } from './plain-caller.ts';
import type { Sending } from './plain-caller.ts';
import { serverPlace } from './server-place.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import type { SipText } from './sip-ua.ts';

export interface OfferTraits {
  readonly direction?: string;
  readonly port?: number;
  readonly codecs?: string;
  readonly address?: string;
  readonly video?: boolean;
  /** `sess-id sess-version`; default `1 1`. */
  readonly origin?: string;
  /** More lines of the audio stream. */
  readonly audio?: readonly string[];
}

/** A plain phone's offer. */
export function offer(traits: OfferTraits = {}): string {
  const { address = '127.0.0.1' } = traits;
  return [
    'v=0',
    `o=- ${traits.origin ?? '1 1'} IN IP4 127.0.0.1`,
    's=-',
    `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`,
    't=0 0',
    `m=audio ${traits.port ?? 6000} RTP/AVP ${traits.codecs ?? '0 8 101'}`,
    'a=rtpmap:101 telephone-event/8000',
    ...(traits.audio ?? []),
    `a=${traits.direction ?? 'sendrecv'}`,
    ...(traits.video ? ['m=video 6002 RTP/AVP 97', 'a=rtpmap:97 H264/90000'] : []),
    '',
  ].join('\r\n');
}

/** A call that talks. */
export interface Talk {
  readonly leg: Leg;
  /** The 200. */
  readonly ok: SipText;
  readonly mediaLeg: FakeMediaLeg;
  readonly ended: Promise<EndReason>;
}

/** One suite's edge, its caller, and the legs that came of it. */
export class LegBench {
  server!: EdgeUnderTest;
  media!: FakeMediaNode;
  edge!: Edge;
  caller!: PlainCaller;
  legs: Leg[] = [];
  /** Calls that were refused at the door. */
  refused: RefusedCall[] = [];
  log: LogLine[] = [];
  trunks: Trunk[] = [];
  /** Whether there is video at all. */
  pictures = true;
  onLeg: (leg: Leg) => void = () => undefined;

  /** The gateway's side, connected to this server. */
  options(server: EdgeUnderTest = this.server): SipEdgeOptions {
    const pictures = () => this.pictures;
    return {
      get pictures() {
        return pictures();
      },
      servers: [serverPlace(server.adminPort, server.secret)],
      embedded: { pid: () => null },
      media: this.media,
      trunks: { findTrunk: (...from) => findTrunk(indexTrunks(this.trunks), ...from) },
      publicAddresses: [],
      codecs: ['PCMU', 'PCMA'],
      log: quietLog(this.log),
      resolve: (host) => Promise.resolve(host === 'media.example.net' ? '192.0.2.77' : null),
      limits: { hangUpMs: 700, aliveMs: 1000, mediaMs: 4000 },
    };
  }

  /** The next leg that comes. */
  incoming(): Promise<Leg> {
    return new Promise((resolve) => {
      this.onLeg = (leg) => {
        this.legs.push(leg);
        resolve(leg);
      };
    });
  }

  invited(sending: Sending = { body: offer() }): Promise<Leg> {
    const leg = this.incoming();
    this.caller.send('INVITE', sending);
    return leg;
  }

  async talking(body = offer(), fields: Sending['fields'] = {}): Promise<Talk> {
    const leg = await this.invited({ body, fields });
    const answered = leg.answer();
    const ok = await this.caller.final('INVITE');
    this.caller.send('ACK');
    await answered;
    const ended = new Promise<EndReason>((resolve) => leg.on('ended', resolve));
    return { leg, ok, mediaLeg: this.media.legs[0], ended };
  }

  /** A re-INVITE and its ACK; returns the final response. */
  async again(body?: string, fields: Sending['fields'] = {}): Promise<SipText> {
    const final = await this.caller.ask('INVITE', { ...(body !== undefined && { body }), fields });
    if (final.status < 300) this.caller.send('ACK');
    return final;
  }
}

/** Registers the suite's set-up: one edge for all, a gateway and a caller for each test. */
export function useLegs(): LegBench {
  const bench = new LegBench();
  beforeAll(async () => {
    bench.server = realEdge() ?? (await embeddedEdge());
  });
  afterAll(() => bench.server.close());
  beforeEach(async () => {
    bench.media = new FakeMediaNode();
    bench.legs = [];
    bench.log = [];
    bench.refused = [];
    bench.trunks = [];
    bench.pictures = true;
    bench.onLeg = (leg) => bench.legs.push(leg);
    bench.edge = createSipEdge(bench.options());
    await bench.edge.start(
      (leg) => bench.onLeg(leg),
      (call) => bench.refused.push(call),
    );
    if (!bench.server.edge) await untilRouted(bench.server);
    bench.caller = await PlainCaller.open(bench.server.sipPort);
  });
  afterEach(async () => {
    await bench.caller.close();
    await bench.edge.close();
    expect(bench.media.open).toEqual([]);
  });
  return bench;
}

/** drachtio-server welcomes an app a moment before it has read what the app wants; the last of that is NOTIFY. */
async function untilRouted(server: EdgeUnderTest): Promise<void> {
  const one = await PlainCaller.open(server.sipPort);
  const fields = { Event: 'presence', 'Subscription-State': 'active' };
  await expect.poll(async () => (await one.ask('NOTIFY', { fields })).status).toBe(481);
  await one.close();
}

export function closedGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** Why a leg refused. */
export async function reasonOf(work: Promise<unknown>): Promise<EndReason | 'no error'> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    if (error instanceof LegError) return error.reason;
    throw error;
  }
}

/** sess-version of a description. */
export function versionOf(sdp: string): number {
  return Number(/^o=\S+ \d+ (\d+)/m.exec(sdp)?.[1]);
}
