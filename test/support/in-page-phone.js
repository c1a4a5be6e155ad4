// Runs in a page under test, after in-page-sound.js: a telephone whose signalling is the test's.

/** The offer, when all candidates are in it. */
globalThis.makeOffer = async (toneHz) => {
  const microphone = await globalThis.openMicrophone(toneHz);
  const connection = new globalThis.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const sender = connection.addTrack(microphone.getTracks()[0], microphone);
  connection.ontrack = ({ track }) => globalThis.listenTo(track);
  globalThis.telephone = { connection, sender };
  await connection.setLocalDescription(await connection.createOffer());
  while (connection.iceGatheringState !== 'complete')
    await new Promise((resolve) =>
      connection.addEventListener('icegatheringstatechange', resolve, { once: true }),
    );
  return connection.localDescription.sdp;
};

globalThis.takeAnswer = (sdp) =>
  globalThis.telephone.connection.setRemoteDescription({ type: 'answer', sdp });

globalThis.press = (keys) => globalThis.telephone.sender.dtmf.insertDTMF(keys, 100, 70);

globalThis.states = () => {
  const { connection } = globalThis.telephone;
  return `${connection.iceConnectionState} ${connection.connectionState}`;
};
