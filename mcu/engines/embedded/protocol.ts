/** What a media node and its embedded engine say to each other over IPC; the sound itself is private RTP. */
import { z } from 'zod';
import { audioFormat, counter, howPlayed, logEvent, opusWishes } from '../../control/protocol.ts';
import { soundOptions } from '../../sound.ts';

/** A member's private SSRC; its published voice comes back under `ssrc | publishBit`. */
export const publishBit = 0x8000_0000;

const ssrc = z.int().min(1).max(0x7fff_ffff);
const port = z.int().min(1).max(65535);
const room = z.string().min(1);
const files = z.array(z.string()).min(1);
const echo = z.strictObject({ lossDb: z.number(), delayMs: counter }).nullable();

const memberFigures = z.strictObject({
  concealedMs: counter,
  recoveredMs: counter,
  latePackets: counter,
  clippedMs: counter,
  playoutDelayMs: counter.nullable(),
  playoutLimitMs: counter,
  echoOfSent: echo,
  echoOfReceived: echo,
});

export const engineContract = {
  calls: {
    /** Answered when the files are read and the first is heard; `played` says how it ended. */
    play: {
      params: z.strictObject({ ssrc, play: z.int(), files, loop: z.boolean() }),
      result: z.null(),
    },
    /** Null: there is no such member. */
    figures: { params: z.strictObject({ ssrc }), result: memberFigures.nullable() },
  },
  events: {
    /** The node's private RTP socket, on loopback; nothing is sent before. */
    connect: z.strictObject({ port }),
    openMember: z.strictObject({
      ...audioFormat.shape,
      ssrc,
      alternatives: z.array(audioFormat).optional(),
      opus: opusWishes.optional(),
      role: z.enum(['leg', 'participant']),
    }),
    closeMember: z.strictObject({ ssrc }),
    stopPlaying: z.strictObject({ ssrc }),
    join: z.strictObject({ ssrc, room }),
    leave: z.strictObject({ ssrc }),
    setHearsRoom: z.strictObject({ ssrc, hears: z.boolean() }),
    setVoiceBack: z.strictObject({ ssrc, how: z.enum(['opus', 'PCMU', 'PCMA', 'level', 'nothing']) }),
    setMuted: z.strictObject({ ssrc, muted: z.boolean() }),
    expectLoss: z.strictObject({ ssrc, percent: z.int().min(0).max(100) }),
    playToRoom: z.strictObject({ room, files }),
  },
} as const;

export const engineOwnerContract = {
  calls: {},
  events: {
    played: z.strictObject({ ssrc, play: z.int(), how: howPlayed }),
    log: logEvent,
  },
} as const;

export const engineOptions = z.strictObject({
  promptFolder: z.string().min(1),
  sound: soundOptions,
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});

/** Port of the engine's private RTP socket, on loopback. */
export const engineReady = z.strictObject({ port });

export type EngineContract = typeof engineContract;
export type EngineOwnerContract = typeof engineOwnerContract;
export type EngineOptions = z.output<typeof engineOptions>;
