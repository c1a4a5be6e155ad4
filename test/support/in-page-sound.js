// Runs in a page under test: a mouth that speaks a tone, and an ear. Sound needs a person's click first.

/** A microphone into which `speak` lets the tone. */
globalThis.openMicrophone = async (toneHz) => {
  const context = new globalThis.AudioContext();
  await context.resume();
  const tone = new globalThis.OscillatorNode(context, { frequency: toneHz });
  const loudness = new globalThis.GainNode(context, { gain: 0 });
  const microphone = context.createMediaStreamDestination();
  tone.connect(loudness).connect(microphone);
  tone.start();
  globalThis.sound = { context, loudness, toneHz, ear: null };
  return microphone.stream;
};

globalThis.speak = (loud) => {
  globalThis.sound.loudness.gain.value = loud ? 0.5 : 0;
};

globalThis.listenTo = (track) => {
  const { context } = globalThis.sound;
  const stream = new globalThis.MediaStream([track]);
  // Chromium decodes only what an element plays.
  const element = new globalThis.Audio();
  element.srcObject = stream;
  void element.play();
  const ear = new globalThis.AnalyserNode(context, { fftSize: 8192 });
  context.createMediaStreamSource(stream).connect(ear);
  globalThis.sound.ear = ear;
};

/** Levels by frequency, in dB of full scale; no ear hears nothing. */
function spectrum() {
  const { ear, context } = globalThis.sound;
  const bins = new Float32Array(ear?.frequencyBinCount ?? 0);
  ear?.getFloatFrequencyData(bins);
  return { bins, width: context.sampleRate / (ear?.fftSize ?? 1) };
}

/** How much louder than all the rest a tone is, in dB; without another frequency our own that comes back. */
globalThis.heardToneDb = (hz = globalThis.sound.toneHz) => {
  const { bins, width } = spectrum();
  const at = Math.round(hz / width);
  const near = (index) => Math.abs(index - at) <= 4;
  const most = (take) => Math.max(-200, ...bins.filter((_, index) => take(index)));
  return most(near) - most((index) => !near(index) && index * width > 100);
};

/** The loudest of all that is heard, in dB of full scale; −200: nothing at all. */
globalThis.heardDb = () => Math.max(-200, ...spectrum().bins);
