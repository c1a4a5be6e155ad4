import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type {
  LinkEnd,
  LinkFactory,
  PublishingLink,
  PublishingLinkOptions,
  RemoteTrack,
  RoomAccess,
  RoomCodec,
  RoomParticipant,
  SubscribingLink,
  SubscribingLinkOptions,
} from '../../mcu/ports.ts';

/** What a link says to the fake SFU: one JSON datagram each. */
export type ToSfu =
  | { readonly say: 'publish'; readonly token: string; readonly codec: RoomCodec }
  | { readonly say: 'subscribe'; readonly token: string }
  | { readonly say: 'rtp'; readonly level: number; readonly packet: string }
  | { readonly say: 'mute'; readonly muted: boolean }
  | { readonly say: 'take'; readonly sids: readonly string[]; readonly taken: boolean }
  | { readonly say: 'bye' };

/** What it hears from it. */
export type FromSfu =
  | { readonly say: 'joined'; readonly sid: string; readonly identity: string; readonly codec: RoomCodec }
  | { readonly say: 'refused' }
  | { readonly say: 'muted'; readonly muted: boolean }
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
      publishVideo: () => Promise.reject(new Error('the fake SFU takes no video')),
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
      if (message.say === 'state') options.onState(message.state);
      if (message.say === 'end') options.onEnd(message.end);
    });
    await wire.ask({ say: 'subscribe', token: access.token }, signal);
    return {
      setSubscribed: (sids, taken) => wire.send({ say: 'take', sids, taken }),
      setShown: () => undefined,
      requestKeyFrame: () => undefined,
      close: () => wire.close(),
    };
  },
};

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
