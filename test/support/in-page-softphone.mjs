// Runs in a page under test, after in-page-sound.js: a softphone of sip.js as its documentation has it.
import { Inviter, SessionState, UserAgent, Web } from 'sip.js';

const phone = { userAgent: null, session: null, ended: null, screen: null };

/** A camera of a canvas: one colour, and a spot that moves. */
function openCamera({ width, height, colour }) {
  const canvas = Object.assign(globalThis.document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  let tick = 0;
  setInterval(() => {
    tick += 1;
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    context.fillStyle = 'white';
    context.fillRect((tick * 4) % width, height - 20, 16, 16);
  }, 66);
  return canvas.captureStream(15).getVideoTracks();
}

/** Chromium draws only what is in a page. */
function show(track) {
  const screen = globalThis.document.createElement('video');
  Object.assign(screen, { srcObject: new globalThis.MediaStream([track]), muted: true, autoplay: true });
  globalThis.document.body.append(screen);
  return screen;
}

/** Opens the WebSocket; registers nothing. */
globalThis.connect = async (server, user) => {
  phone.userAgent = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@phone.example`),
    transportOptions: { server },
    sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(() =>
      Promise.resolve(phone.microphone),
    ),
    logLevel: 'error',
  });
  await phone.userAgent.start();
};

/** As after a broken network: calls stay, the socket is another. */
globalThis.reconnect = async () => {
  await phone.userAgent.transport.disconnect();
  await phone.userAgent.reconnect();
};

/** Calls; resolves when both are there: the session, and the way and keys of its media. */
globalThis.call = async (target, toneHz, camera) => {
  const microphone = await globalThis.openMicrophone(toneHz);
  phone.microphone = new globalThis.MediaStream([
    ...microphone.getTracks(),
    ...(camera ? openCamera(camera) : []),
  ]);
  const session = new Inviter(phone.userAgent, UserAgent.makeURI(target));
  phone.session = session;
  session.delegate = {
    onBye: (bye) => {
      phone.ended = bye.request.getHeader('Reason') ?? 'no reason';
      void bye.accept();
    },
  };
  const established = new Promise((resolve, reject) => {
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) resolve();
      if (state === SessionState.Terminated) reject(new Error('the call has ended'));
    });
  });
  await session.invite({
    requestDelegate: { onReject: ({ message }) => (phone.ended = String(message.statusCode)) },
  });
  await established;
  const { peerConnection } = session.sessionDescriptionHandler;
  const [voice, picture] = peerConnection.getReceivers();
  globalThis.listenTo(voice.track);
  if (picture) phone.screen = show(picture.track);
  while (peerConnection.connectionState !== 'connected')
    await new Promise((resolve) =>
      peerConnection.addEventListener('connectionstatechange', resolve, { once: true }),
    );
};

/** Holds or resumes by a re-INVITE; resolves with the direction that both then have agreed on. */
globalThis.hold = async (held) => {
  const { session } = phone;
  session.sessionDescriptionHandlerOptionsReInvite = { hold: held };
  await new Promise((resolve, reject) => {
    const onReject = ({ message }) => reject(new Error(`${message.statusCode} to the re-INVITE`));
    session.invite({ requestDelegate: { onAccept: resolve, onReject } }).catch(reject);
  });
  const { peerConnection } = session.sessionDescriptionHandler;
  while (peerConnection.signalingState !== 'stable')
    await new Promise((resolve) =>
      peerConnection.addEventListener('signalingstatechange', resolve, { once: true }),
    );
  return peerConnection.getTransceivers()[0].currentDirection;
};

/** RFC 4733. */
globalThis.pressInMedia = (keys) =>
  phone.session.sessionDescriptionHandler.sendDtmf(keys, { duration: 100, interToneGap: 70 });

/** INFO, one key after the other was taken; as sip.js's own SimpleUser does. */
globalThis.pressByInfo = async (keys) => {
  for (const key of keys) {
    const body = {
      contentDisposition: 'render',
      contentType: 'application/dtmf-relay',
      content: `Signal=${key}\r\nDuration=200`,
    };
    await new Promise((resolve, reject) => {
      const onReject = ({ message }) => reject(new Error(`${message.statusCode} to a key`));
      phone.session
        .info({ requestDelegate: { onAccept: resolve, onReject }, requestOptions: { body } })
        .catch(reject);
    });
  }
};

/** What is decoded: size and mean colour (RGB) of the newest picture; null: none yet. */
globalThis.seenPicture = () => {
  const { screen } = phone;
  if (!screen?.videoWidth) return null;
  const canvas = Object.assign(globalThis.document.createElement('canvas'), { width: 1, height: 1 });
  const context = canvas.getContext('2d');
  context.drawImage(screen, 0, 0, 1, 1);
  const [...colour] = context.getImageData(0, 0, 1, 1).data.slice(0, 3);
  return JSON.stringify({ width: screen.videoWidth, height: screen.videoHeight, colour });
};

globalThis.hangUp = () => phone.session.bye();

/** Reason of the BYE that came, or the status of the refusal; null before. */
globalThis.endedWith = () => phone.ended;
