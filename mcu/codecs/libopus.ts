/**
 * libopus' decoder out of the WebAssembly module that `@evan/opus` brings. The package's own wrapper can decode what
 * came, but neither conceal what didn't nor read what a packet repeats of the one before it. Memory-safe, too:
 * nothing that a stranger sends reaches native code.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MediaError } from '../errors.ts';

/** The module's exports are no API of the package: they are known of this version only. */
const knownVersion = '1.0.3';
const modules = ['simd', 'opus'] as const;
const needed = ['_initialize', 'malloc', 'free', 'opus_decoder_get_size', 'opus_decoder_init', 'opus_decode'];

/** 120 ms at 48 kHz (RFC 6716 §2.1.4). */
const longestSamples = 5760;
/** Beyond what a datagram brings. */
const longestPacket = 8192;

interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(bytes: number): number;
  free(pointer: number): void;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(state: number, rateHz: number, channels: number): number;
  opus_decode(
    state: number,
    data: number,
    bytes: number,
    pcm: number,
    samples: number,
    decodeFec: number,
  ): number;
}

/** What we use of it; TypeScript has its types only with those of a browser. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

interface Library {
  readonly wasm: WasmExports;
  /** Where packets and samples are handed over. */
  readonly packet: number;
  readonly pcm: number;
  /** Views of the module's memory, which is another when it has grown. */
  bytes: Uint8Array;
  samples: Int16Array;
}

let library: Library | null = null;

/** Loads the library, some 10 ms of work, before the first caller needs it. Throws CODEC_UNAVAILABLE. */
export function loadLibopus(): void {
  opened();
}

function opened(): Library {
  return (library ??= open());
}

function open(): Library {
  const require = createRequire(import.meta.url);
  const { version } = require('@evan/opus/package.json') as { version?: unknown };
  if (version !== knownVersion)
    throw new MediaError(
      'CODEC_UNAVAILABLE',
      `@evan/opus is ${String(version)}, but its Opus decoder is only known of ${knownVersion}: install what package-lock.json says (npm ci).`,
    );
  const wasm = instantiate(require);
  wasm._initialize();
  const packet = wasm.malloc(longestPacket);
  const pcm = wasm.malloc(longestSamples * 2);
  const { buffer } = wasm.memory;
  return { wasm, packet, pcm, bytes: new Uint8Array(buffer), samples: new Int16Array(buffer) };
}

function instantiate(require: NodeJS.Require): WasmExports {
  // Processors without vector instructions get the second one.
  const bytes = modules
    .map((name) => readFileSync(require.resolve(`@evan/opus/wasm/${name}.wasm`)))
    .find((candidate) => WebAssembly.validate(candidate));
  const exports = bytes && new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
  if (!exports || !needed.every((name) => name in exports))
    throw new MediaError(
      'CODEC_UNAVAILABLE',
      `The Opus decoder of @evan/opus ${knownVersion} is damaged: run npm ci.`,
    );
  return exports as WasmExports;
}

/** It has no files to write to; only growing its memory matters. */
const nothing = () => 0;
const imports = {
  wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
  env: {
    emscripten_notify_memory_growth: () => {
      if (!library) return;
      const { buffer } = library.wasm.memory;
      library.bytes = new Uint8Array(buffer);
      library.samples = new Int16Array(buffer);
    },
  },
};

/** One stream's decoder, mono; lies in the module's memory until it is closed. */
export class LibopusDecoder {
  readonly #library = opened();
  readonly #state: number;
  #closed = false;

  constructor(rateHz: 48000) {
    const { wasm } = this.#library;
    this.#state = wasm.malloc(wasm.opus_decoder_get_size(1));
    if (this.#state === 0 || wasm.opus_decoder_init(this.#state, rateHz, 1) !== 0)
      throw new MediaError('CODEC_UNAVAILABLE', 'No memory is left for another Opus decoder.');
  }

  /** A packet's sound → `out` from `at`; returns the number of samples, 0 for garbage. */
  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    return this.#run(packet, start, end, longestSamples, 0, out, at);
  }

  /** `count` samples (whole 10 ms) in place of what is lost. */
  conceal(count: number, out: Int16Array, at: number): number {
    return this.#run(null, 0, 0, count, 0, out, at);
  }

  /** `count` samples of what was before a packet, from what it repeats (RFC 6716 §2.1.7). */
  recover(packet: Buffer, start: number, end: number, count: number, out: Int16Array, at: number): number {
    return this.#run(packet, start, end, count, 1, out, at);
  }

  /** Idempotent; afterwards nothing is decoded. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#library.wasm.free(this.#state);
  }

  #run(
    packet: Buffer | null,
    start: number,
    end: number,
    count: number,
    decodeFec: 0 | 1,
    out: Int16Array,
    at: number,
  ): number {
    const { wasm, packet: data, pcm } = this.#library;
    const length = end - start;
    if (this.#closed || count > longestSamples || length > longestPacket) return 0;
    if (packet) {
      if (length <= 0) return 0;
      const { bytes } = this.#library;
      for (let i = 0; i < length; i++) bytes[data + i] = packet[start + i];
    }
    // No data at all: the decoder conceals.
    const decoded = wasm.opus_decode(this.#state, packet ? data : 0, length, pcm, count, decodeFec);
    const { samples } = this.#library;
    const written = Math.min(decoded, out.length - at);
    for (let i = 0, s = pcm >> 1; i < written; i++, s++) out[at + i] = samples[s];
    return Math.max(0, written);
  }
}
