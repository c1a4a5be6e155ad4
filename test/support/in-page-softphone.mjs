// Runs in a page under test, after in-page-sound.js: a softphone of sip.js as its documentation has it.
import { Inviter, SessionState, UserAgent, Web } from 'sip.js';

const phone = { userAgent: null, session: null, ended: null };

/** Opens the WebSocket; registers nothing. */
globalThis.connect = async (server, user) => {
  phone.userAgent = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@phone.example`),
    transportOptions: { server },
    sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(() => phone.microphone),
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
globalThis.call = async (target, toneHz) => {
  phone.microphone = globalThis.openMicrophone(toneHz);
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
  globalThis.listenTo(peerConnection.getReceivers()[0].track);
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

globalThis.hangUp = () => phone.session.bye();

/** Reason of the BYE that came, or the status of the refusal; null before. */
globalThis.endedWith = () => phone.ended;
