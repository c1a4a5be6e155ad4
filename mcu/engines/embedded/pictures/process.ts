import type { Socket } from 'node:dgram';
import { Channel } from '../../../control/channel.ts';
import type { Port, Served } from '../../../control/channel.ts';
import type { Entered } from '../../../control/entry.ts';
import { Notes } from '../../../control/last-words.ts';
import { RelayedLog } from '../../../control/log.ts';
import { Bundle, unbundle } from '../../../rtp/bundle.ts';
import { readUint32 } from '../../../rtp/packet.ts';
import { openPrivateSocket } from '../private-rtp.ts';
import { silence } from './codecs/av.ts';
import { Composer } from './composer.ts';
import { mostNumbers, pictureContract, pictureOptions, pictureOwnerContract } from './protocol.ts';
import type { PictureContract, PictureOwnerContract } from './protocol.ts';

/** Room for key frames of many cameras while the canvases are drawn; the kernel may grant less. */
const socketBufferBytes = 4 << 20;

/** The picture process: one private RTP socket, a decoder for each camera that is seen, a canvas for each picture. */
export async function startPictureProcess(start: unknown, port: Port): Promise<Entered> {
  const options = pictureOptions.parse(start);
  silence();
  const socket = await openPrivateSocket(socketBufferBytes);
  const bundle = new Bundle((datagram) => socket.send(datagram));
  const log = new RelayedLog(options.logLevel, (line) => channel.tell('log', line));
  const notes = new Notes();
  const composer = new Composer({
    log,
    send: (packet) => bundle.add(packet),
    flush: () => bundle.flush(),
    onKeyFrameNeeded: (camera) => channel.tell('keyFrameNeeded', { camera }),
    onSize: (camera, width, height) => channel.tell('cameraSize', { camera, width, height }),
    onWork: (camera, busy) => (busy ? notes.add(camera) : notes.remove(camera)),
  });
  const channel: Channel<PictureContract, PictureOwnerContract> = new Channel(
    port,
    pictureContract,
    pictureOwnerContract,
    serve(composer, socket),
  );
  const write = (packet: Buffer) => {
    if (packet.length >= 12) composer.write(readUint32(packet, 8) % mostNumbers, packet);
  };
  socket.on('message', (datagram) => unbundle(datagram, write));
  return {
    ready: { port: socket.address().port },
    close: () => {
      composer.close();
      channel.close();
      socket.close();
      return Promise.resolve();
    },
  };
}

function serve(composer: Composer, socket: Socket): Served<PictureContract> {
  return {
    calls: {
      figures: () => composer.figures(),
      cameraFigures: ({ camera }) => composer.camera(camera)?.figures() ?? null,
      feedFigures: ({ feed }) => composer.feedFigures(feed),
    },
    events: {
      // The kernel drops what others on this machine send here from now on.
      connect: ({ port }) => socket.connect(port, '127.0.0.1', () => composer.start()),
      openCamera: (spec) => composer.openCamera(spec),
      closeCamera: ({ camera }) => composer.closeCamera(camera),
      setPictureBack: ({ camera, codec }) => composer.camera(camera)?.setBack(codec),
      requestBackKeyFrame: ({ camera }) => composer.camera(camera)?.requestBackKeyFrame(),
      setScene: ({ picture, scene }) => composer.setScene(picture, scene),
      closePicture: ({ picture }) => composer.closePicture(picture),
      openFeed: (spec) => composer.openFeed(spec),
      closeFeed: ({ feed }) => composer.closeFeed(feed),
      setFeedBitrate: ({ feed, bitrate }) => composer.feed(feed)?.setBitrate(bitrate),
      requestKeyFrame: ({ feed }) => composer.feed(feed)?.requestKeyFrame(),
    },
  };
}
