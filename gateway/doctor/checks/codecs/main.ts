/**
 * Loads every native library that calls need, in a process of its own: one that crashes takes nothing else along. Says
 * each step before it is done and when it is done, so that the last one said is the one that it died of.
 */
import { OpusDecoder, OpusEncoder } from '../../../../mcu/codecs/opus.ts';
import { steps } from './steps.ts';
import type { StepName } from './steps.ts';

const [, , wanted = ''] = process.argv;

const works: Readonly<Record<StepName, () => Promise<void>>> = {
  opus: () => {
    const encoder = new OpusEncoder();
    const packet = Buffer.alloc(encoder.maxBytes);
    const octets = encoder.encode(new Int16Array(encoder.rateHz / 50), packet, 0);
    const samples = new Int16Array(5760);
    if (new OpusDecoder().decode(packet, 0, octets, samples, 0) === 0) throw new Error('nothing was decoded');
    return Promise.resolve();
  },
  h264: async () => (await import('./h264.ts')).codeOnePicture(),
  canvas: async () => {
    const { createCanvas } = await import('@napi-rs/canvas');
    createCanvas(16, 16).getContext('2d').fillRect(0, 0, 16, 16);
  },
  webrtc: async () => {
    const { PeerConnection } = (await import('node-datachannel')).default;
    new PeerConnection('doctor', { iceServers: [] }).close();
  },
  'rtc-node': async () => {
    await import('@livekit/rtc-node');
  },
};

function tell(step: StepName, state: 'began' | 'done' | 'failed', why = ''): Promise<void> {
  return new Promise((resolve) => {
    process.send?.({ step, state, why }, undefined, undefined, () => resolve());
  });
}

for (const step of steps.filter((name) => wanted.split(',').includes(name))) {
  await tell(step, 'began');
  try {
    await works[step]();
    await tell(step, 'done');
  } catch (error) {
    await tell(step, 'failed', error instanceof Error ? error.message : String(error));
  }
}
process.exit(0);
