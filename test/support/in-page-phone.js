// Runs in a page under test: a telephone that speaks a tone and hears, whose signalling is the test's.

/** The offer, when all candidates are in it. */
globalThis.makeOffer = async (toneHz) => {
  const context = new globalThis.AudioContext();
  await context.resume();
  const tone = new globalThis.OscillatorNode(context, { frequency: toneHz });
  const loudness = new globalThis.GainNode(context, { gain: 0 });
  const microphone = context.createMediaStreamDestination();
  tone.connect(loudness).connect(microphone);
  tone.start();
  const connection = new globalThis.RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const sender = connection.addTrack(microphone.stream.getTracks()[0], microphone.stream);
  connection.ontrack = ({ track }) => {
    const stream = new globalThis.MediaStream([track]);
    // Chromium decodes only what an element plays.
    const element = new globalThis.Audio();
    element.srcObject = stream;
    void element.play();
    const ear = new globalThis.AnalyserNode(context, { fftSize: 8192 });
    context.createMediaStreamSource(stream).connect(ear);
    globalThis.telephone.ear = ear;
  };
  globalThis.telephone = { connection, sender, loudness, context, toneHz, ear: null };
  await connection.setLocalDescription(await connection.createOffer());
  while (connection.iceGatheringState !== 'complete')
    await new Promise((resolve) =>
      connection.addEventListener('icegatheringstatechange', resolve, { once: true }),
    );
  return connection.localDescription.sdp;
};

globalThis.takeAnswer = (sdp) =>
  globalThis.telephone.connection.setRemoteDescription({ type: 'answer', sdp });

globalThis.speak = (loud) => {
  globalThis.telephone.loudness.gain.value = loud ? 0.5 : 0;
};

/** How much louder than all the rest the tone is that comes back, in dB. */
globalThis.heardToneDb = () => {
  const { ear, context, toneHz } = globalThis.telephone;
  if (!ear) return -200;
  const bins = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(bins);
  const width = context.sampleRate / ear.fftSize;
  const at = Math.round(toneHz / width);
  const near = (index) => Math.abs(index - at) <= 4;
  const most = (take) => Math.max(...bins.filter((_, index) => take(index)));
  return most(near) - most((index) => !near(index) && index * width > 100);
};

globalThis.press = (keys) => globalThis.telephone.sender.dtmf.insertDTMF(keys, 100, 70);

globalThis.states = () => {
  const { connection } = globalThis.telephone;
  return `${connection.iceConnectionState} ${connection.connectionState}`;
};
