// Runs in a page of Chromium beside LiveKit's own client: a person in a room, seen and seeing.
/* global LivekitClient, MediaStreamTrackGenerator, VideoFrame, document */

LivekitClient.setLogLevel('error');

let room = null;
let published = null;
const pictures = new Map();

/** Joins, and shows every picture that comes. */
globalThis.join = async (url, token) => {
  room = new LivekitClient.Room({ adaptiveStream: false, dynacast: false });
  room.on('trackSubscribed', (track, publication, participant) => {
    if (track.kind !== 'video') return;
    const element = track.attach();
    document.body.append(element);
    pictures.set(participant.identity, { track, publication, element });
  });
  room.on('trackUnsubscribed', (track, _publication, participant) => {
    for (const element of track.detach()) element.remove();
    pictures.delete(participant.identity);
  });
  await room.connect(url, token);
};

globalThis.leave = async () => {
  await room?.disconnect();
  room = null;
};

/** Publishes a moving picture of our own drawing, in simulcast layers when asked; gives the track's sid. */
globalThis.publishCamera = async ({ codec, width, height, simulcast, backupCodec = false }) => {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  let tick = 0;
  setInterval(() => {
    tick += 1;
    // Noise costs bits, so that layers differ.
    for (let x = 0; x < 16; x++)
      for (let y = 0; y < 9; y++) {
        context.fillStyle = `hsl(${(x * 31 + y * 57 + tick * (7 + x)) % 360} 80% ${30 + ((tick + y * 5) % 40)}%)`;
        context.fillRect((x * width) / 16, (y * height) / 9, width / 16 + 1, height / 9 + 1);
      }
  }, 66);
  const [track] = canvas.captureStream(15).getVideoTracks();
  published = await room.localParticipant.publishTrack(track, {
    source: LivekitClient.Track.Source.Camera,
    videoCodec: codec,
    backupCodec,
    simulcast,
    name: 'camera',
  });
  return published.trackSid;
};

/** What `publishPlain` has published and its colours (red, green, blue), by source. */
const plain = new Map();

/**
 * Publishes a picture of one plain colour, as a camera or as a shared screen; gives the track's sid. No canvas: Chromium
 * makes full-range video of those, which VP8 can't tell anybody.
 */
globalThis.publishPlain = async ({ colour, width, height, source, codec }) => {
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = track.writable.getWriter();
  const self = { colour, track, timer: 0 };
  self.timer = setInterval(() => {
    const frame = plainFrame(self.colour, width, height);
    writer.write(frame).catch(() => frame.close());
  }, 66);
  plain.set(source, self);
  const publication = await room.localParticipant.publishTrack(track, {
    source,
    videoCodec: codec,
    backupCodec: false,
    simulcast: false,
    name: source,
  });
  return publication.trackSid;
};

/** I420 in BT.601, limited range. */
function plainFrame([red, green, blue], width, height) {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  const data = new Uint8Array((width * height * 3) / 2);
  data.fill(16 + (luma * 219) / 255, 0, width * height);
  data.fill(128 + (((blue - luma) / 1.772) * 224) / 255, width * height, (width * height * 5) / 4);
  data.fill(128 + (((red - luma) / 1.402) * 224) / 255, (width * height * 5) / 4);
  return new VideoFrame(data, {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp: Math.round(performance.now() * 1000),
    colorSpace: { matrix: 'smpte170m', primaries: 'bt709', transfer: 'bt709', fullRange: false },
  });
}

/** Chromium's own microphone, which beeps; off: muted. */
globalThis.setMicrophone = async (on) => {
  await room.localParticipant.setMicrophoneEnabled(on);
};

/** Of what `publishPlain` publishes, from the next frame on. */
globalThis.paint = (source, colour) => {
  plain.get(source).colour = colour;
};

globalThis.setCamera = async (on) => {
  const publication = room.localParticipant.getTrackPublication(LivekitClient.Track.Source.Camera);
  await (on ? publication.unmute() : publication.mute());
};

globalThis.unpublishPlain = async (source) => {
  const { track, timer } = plain.get(source);
  clearInterval(timer);
  await room.localParticipant.unpublishTrack(track);
};

globalThis.unpublishCamera = async () => {
  await room.localParticipant.unpublishTrack(published.track);
};

/** What the page sees of somebody: what it was told of the track, and what it decodes; null: nothing yet. */
globalThis.seen = async (identity) => {
  const picture = pictures.get(identity);
  if (!picture) return null;
  const report = await picture.track.getRTCStatsReport();
  const inbound = [...report.values()].find((one) => one.type === 'inbound-rtp') ?? {};
  return {
    mimeType: picture.publication.mimeType,
    told: picture.publication.dimensions,
    muted: picture.publication.isMuted,
    frames: inbound.framesDecoded ?? 0,
    width: inbound.frameWidth ?? 0,
    height: inbound.frameHeight ?? 0,
    colour: colourOf(picture.element),
  };
};

/** The mean colour of the picture's middle. */
function colourOf(element) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 8, height: 8 });
  const context = canvas.getContext('2d');
  const { videoWidth: width, videoHeight: height } = element;
  if (width === 0) return [0, 0, 0];
  context.drawImage(element, width / 4, height / 4, width / 2, height / 2, 0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i];
  return sum.map((one) => Math.round(one / 64));
}
