import type { Socket } from 'node:dgram';
import { Channel } from '../../control/channel.ts';
import type { Port, Served } from '../../control/channel.ts';
import type { Entered } from '../../control/entry.ts';
import { RelayedLog } from '../../control/log.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../ports.ts';
import { loadLibopus } from '../../codecs/libopus.ts';
import { PromptLibrary } from '../../prompts/library.ts';
import { Player } from '../../prompts/player.ts';
import { Bundle, unbundle } from '../../rtp/bundle.ts';
import { roomSoundRateHz } from './mix-room.ts';
import { Mixing } from './mixing.ts';
import { Pacer } from './pacer.ts';
import { openPrivateSocket } from './private-rtp.ts';
import { engineContract, engineOptions, engineOwnerContract } from './protocol.ts';
import type { EngineContract, EngineOwnerContract } from './protocol.ts';

/** Room for a burst of every member's packet while a tick runs. */
const socketBufferBytes = 1 << 20;

/** How often a machine that is too slow is reported. */
const watchMs = 10_000;

/** The engine's process: one private RTP socket, one beat, one mix per room. */
export async function startEngineProcess(start: unknown, port: Port): Promise<Entered> {
  const options = engineOptions.parse(start);
  loadLibopus();
  const socket = await openPrivateSocket(socketBufferBytes);
  const bundle = new Bundle((datagram) => socket.send(datagram));
  const mixing = new Mixing(
    {
      onPacket: (packet) => bundle.add(packet),
      onPlayed: (ssrc, play, how) => channel.tell('played', { ssrc, play, how }),
    },
    options.sound,
  );
  const pacer = new Pacer((dueMs) => {
    mixing.tick(dueMs);
    bundle.flush();
  });
  const prompts = new PromptLibrary(options.promptFolder);
  const log = new RelayedLog(options.logLevel, (line) => channel.tell('log', line));
  const channel: Channel<EngineContract, EngineOwnerContract> = new Channel(
    port,
    engineContract,
    engineOwnerContract,
    serve(mixing, socket, pacer, prompts, log),
  );
  const write = (packet: Buffer) => mixing.write(packet, performance.now());
  socket.on('message', (datagram) => unbundle(datagram, write));
  let toldSkipped = 0;
  const watch = setInterval(() => {
    if (pacer.skipped === toldSkipped) return;
    log.warn({ frames: pacer.skipped - toldSkipped }, 'mix fell behind the clock and left frames out');
    toldSkipped = pacer.skipped;
  }, watchMs);
  return {
    ready: { port: socket.address().port },
    close: () => {
      clearInterval(watch);
      pacer.stop();
      channel.close();
      socket.close();
      return Promise.resolve();
    },
  };
}

function serve(
  mixing: Mixing,
  socket: Socket,
  pacer: Pacer,
  prompts: PromptLibrary,
  log: Log,
): Served<EngineContract> {
  let connected = false;
  const pace = () => {
    if (connected && mixing.memberCount > 0) pacer.start();
    else pacer.stop();
  };
  return {
    calls: {
      play: async ({ ssrc, play, files, loop }) => {
        mixing.expect(ssrc, play);
        const sounds = await prompts.load(files, mixing.hearsAtHz(ssrc) ?? 8000);
        mixing.play(ssrc, new Player(play, sounds, loop));
        return null;
      },
      figures: ({ ssrc }) => mixing.member(ssrc)?.figures() ?? null,
    },
    events: {
      connect: ({ port }) => {
        // The kernel drops what others on this machine send here from now on.
        socket.connect(port, '127.0.0.1', () => {
          connected = true;
          pace();
        });
      },
      openMember: (spec) => {
        mixing.open(spec);
        pace();
      },
      closeMember: ({ ssrc }) => {
        mixing.close(ssrc);
        pace();
      },
      stopPlaying: ({ ssrc }) => mixing.stop(ssrc),
      join: ({ ssrc, room }) => mixing.join(ssrc, room),
      leave: ({ ssrc }) => mixing.leave(ssrc),
      setHearsRoom: ({ ssrc, hears }) => {
        const member = mixing.member(ssrc);
        if (member) member.hearsRoom = hears;
      },
      setVoiceBack: ({ ssrc, how }) => mixing.member(ssrc)?.setVoiceBack(how),
      setMuted: ({ ssrc, muted }) => {
        const member = mixing.member(ssrc);
        if (member) member.muted = muted;
      },
      expectLoss: ({ ssrc, percent }) => mixing.member(ssrc)?.expectLoss(percent),
      playToRoom: ({ room, files }) => {
        prompts.load(files, roomSoundRateHz).then(
          (sounds) => mixing.playToRoom(room, new Player(0, sounds, false)),
          (error: unknown) => log.warn({ error: messageOf(error) }, 'room tone can not be played'),
        );
      },
    },
  };
}
