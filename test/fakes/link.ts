import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type {
  LinkEnd,
  LinkFactory,
  PictureSize,
  PublishedVideo,
  PublishedVideoOptions,
  PublishingLink,
  PublishingLinkOptions,
  RemoteTrack,
  RoomAccess,
  RoomCodec,
  RoomParticipant,
  Speaker,
  RoomVideoCodec,
  SubscribingLink,
  SubscribingLinkOptions,
} from '../../mcu/ports.ts';
import { LinkError } from '../../mcu/link/errors.ts';

/** What a link says to the fake SFU: one JSON datagram each. */
export type ToSfu =
  | { readonly say: 'publish'; readonly token: string; readonly codec: RoomCodec }
  | { readonly say: 'subscribe'; readonly token: string }
  | { readonly say: 'rtp'; readonly level: number; readonly packet: string }
  | { readonly say: 'mute'; readonly muted: boolean }
  | { readonly say: 'take'; readonly sids: readonly string[]; readonly taken: boolean }
  | { readonly say: 'show'; readonly sid: string; readonly size: PictureSize }
  | { readonly say: 'ask-key-frame'; readonly sid: string }
  | { readonly say: 'camera'; readonly codec: RoomVideoCodec; readonly size: PictureSize }
  | { readonly say: 'camera-size'; readonly size: PictureSize }
  | { readonly say: 'camera-rtp'; readonly packet: string }
  | { readonly say: 'camera-mute'; readonly muted: boolean }
  | { readonly say: 'camera-off' }
  | { readonly say: 'bye' };

/** What it hears from it. */
export type FromSfu =
  | { readonly say: 'joined'; readonly sid: string; readonly identity: string; readonly codec: RoomCodec }
  | { readonly say: 'refused' }
  | { readonly say: 'muted'; readonly muted: boolean }
  | { readonly say: 'camera-taken'; readonly taken: boolean }
  | { readonly say: 'camera-muted'; readonly muted: boolean }
  | { readonly say: 'want-key-frame' }
  | { readonly say: 'speakers'; readonly speakers: readonly Speaker[] }
  | { readonly say: 'state'; readonly state: 'lost' | 'restored' }
  | { readonly say: 'end'; readonly end: LinkEnd }
  | {
      readonly say: 'room';
      readonly participants: readonly Omit<RoomParticipant, 'own'>[];
      readonly tracks: readonly RemoteTrack[];
    }
  | { readonly say: 'rtp'; readonly sid: string; readonly packet: string };

/** Links to `FakeSfu` (sfu.ts), whose port the access's URL names. */
export const fakeLinks: LinkFactory = {
  kind: 'fake',
  async publish(options: PublishingLinkOptions, signal?: AbortSignal): Promise<PublishingLink> {
    const access = await options.access();
    const wire = await connect(access);
    const joined = await wire.ask({ say: 'publish', token: access.token, codec: options.codec }, signal);
    wire.listen((message) => {
      if (message.say === 'muted') options.onMuted(message.muted);
      if (message.say === 'state') options.onState(message.state);
      if (message.say === 'end') options.onEnd(message.end);
    });
    return {
      participantSid: joined.sid,
      identity: joined.identity,
      codec: joined.codec,
      write: (packet, level) => wire.send({ say: 'rtp', level, packet: packet.toString('base64') }),
      setMuted: (muted) => wire.send({ say: 'mute', muted }),
      publishVideo: (video, until) => publishVideo(wire, video, until),
      close: () => wire.close(),
    };
  },
  async subscribe(options: SubscribingLinkOptions, signal?: AbortSignal): Promise<SubscribingLink> {
    const access = await options.access();
    const wire = await connect(access);
    wire.listen((message) => {
      if (message.say === 'room') {
        options.onParticipants(message.participants);
        options.onTracks(message.tracks);
      }
      if (message.say === 'rtp') options.onPacket(message.sid, Buffer.from(message.packet, 'base64'));
      if (message.say === 'speakers') options.onSpeakers?.(message.speakers);
      if (message.say === 'state') options.onState(message.state);
      if (message.say === 'end') options.onEnd(message.end);
    });
    await wire.ask({ say: 'subscribe', token: access.token }, signal);
    return {
      setSubscribed: (sids, taken) => wire.send({ say: 'take', sids, taken }),
      setShown: (sid, size) => wire.send({ say: 'show', sid, size }),
      requestKeyFrame: (sid) => wire.send({ say: 'ask-key-frame', sid }),
      close: () => wire.close(),
    };
  },
};

async function publishVideo(
  wire: Wire,
  options: PublishedVideoOptions,
  signal?: AbortSignal,
): Promise<PublishedVideo> {
  const { codec, width, height } = options;
  await new Promise<void>((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
    wire.listen((message) => {
      if (message.say !== 'camera-taken') return;
      if (message.taken) resolve();
      else reject(new LinkError('LINK_NO_CODEC', `the room takes no ${codec}`));
    });
    wire.send({ say: 'camera', codec, size: { width, height } });
  });
  let open = true;
  wire.listen((message) => {
    if (!open) return;
    if (message.say === 'camera-muted') options.onMuted(message.muted);
    if (message.say === 'want-key-frame') options.onKeyFrameWanted();
  });
  return {
    write: (packet) => {
      if (open) wire.send({ say: 'camera-rtp', packet: packet.toString('base64') });
    },
    setMuted: (muted) => wire.send({ say: 'camera-mute', muted }),
    setSize: (size) => wire.send({ say: 'camera-size', size }),
    close: () => {
      if (open) wire.send({ say: 'camera-off' });
      open = false;
      return Promise.resolve();
    },
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}

type Wire = Awaited<ReturnType<typeof connect>>;

async function connect(access: RoomAccess) {
  const socket = createSocket('udp4');
  const port = Number(new URL(access.url).port);
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const listeners: ((message: FromSfu) => void)[] = [];
  let open = true;
  socket.on('error', () => undefined);
  socket.on('message', (datagram) => {
    const message = JSON.parse(datagram.toString()) as FromSfu;
    for (const listener of listeners) listener(message);
  });
  const send = (message: ToSfu) => {
    if (open) socket.send(JSON.stringify(message));
  };
  const close = () => {
    if (!open) return Promise.resolve();
    return new Promise<void>((resolve) => {
      socket.send(JSON.stringify({ say: 'bye' }), () => socket.close(() => resolve()));
      open = false;
    });
  };
  return {
    send,
    close,
    listen: (listener: (message: FromSfu) => void) => void listeners.push(listener),
    ask: (message: ToSfu, signal?: AbortSignal) =>
      new Promise<{ sid: string; identity: string; codec: RoomCodec }>((resolve, reject) => {
        const fail = () => {
          void close();
          reject(new Error('the SFU did not take the link'));
        };
        if (signal?.aborted) {
          fail();
          return;
        }
        signal?.addEventListener('abort', fail, { once: true });
        listeners.push((answer) => {
          if (answer.say === 'joined') resolve(answer);
          if (answer.say === 'refused') fail();
        });
        send(message);
      }),
  };
}
