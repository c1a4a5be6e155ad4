// Runs in a page under test, before the page's own code.

/** The page's peer connections, so that a test can ask them what came in. */
const connections = [];
const Original = globalThis.RTCPeerConnection;

globalThis.RTCPeerConnection = class extends Original {
  constructor(...args) {
    super(...args);
    connections.push(this);
  }
};

/** Sound that came in so far: bytes, and the loudest level at this moment (0–1). */
globalThis.receivedSound = async () => {
  const sum = { bytes: 0, level: 0 };
  for (const connection of connections) {
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
      sum.bytes += report.bytesReceived ?? 0;
      sum.level = Math.max(sum.level, report.audioLevel ?? 0);
    }
  }
  return sum;
};

/** From now on there is no microphone. */
globalThis.takeMicrophoneAway = () => {
  globalThis.navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new globalThis.DOMException('no device', 'NotFoundError'));
};
