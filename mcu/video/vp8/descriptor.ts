/** VP8's payload descriptor, RFC 7741 §4.2. */
import type { PacketWriter } from '../packet-writer.ts';

export interface Vp8Descriptor {
  /** N: nothing refers to the frame. */
  disposable: boolean;
  /** S and PID 0: the frame's first byte follows. */
  startsFrame: boolean;
  /** -1: none. */
  pictureId: number;
  /** The picture ID has 15 bits instead of 7. */
  longPictureId: boolean;
  /** TL0PICIDX, 8 bits; -1: none. */
  tl0PicIndex: number;
  /** TID; -1: none. */
  temporalLayer: number;
  /** Y: the frame refers to the base layer only. */
  layerSync: boolean;
  /** KEYIDX, 5 bits; -1: none. */
  keyIndex: number;
}

export function newVp8Descriptor(): Vp8Descriptor {
  return {
    disposable: false,
    startsFrame: false,
    pictureId: -1,
    longPictureId: false,
    tl0PicIndex: -1,
    temporalLayer: -1,
    layerSync: false,
    keyIndex: -1,
  };
}

/** Fills `into` and gives where the frame's bytes begin; -1: malformed, `into` is undefined. */
export function readVp8Descriptor(packet: Buffer, from: number, to: number, into: Vp8Descriptor): number {
  const first = packet[from];
  let at = from + 1;
  into.disposable = (first & 0x20) !== 0;
  into.startsFrame = (first & 0x17) === 0x10;
  into.pictureId = into.tl0PicIndex = into.temporalLayer = into.keyIndex = -1;
  into.longPictureId = into.layerSync = false;
  if ((first & 0x80) !== 0) {
    const extension = at < to ? packet[at] : 0;
    at += 1;
    if ((extension & 0x80) !== 0) {
      into.longPictureId = packet[at] > 0x7f;
      into.pictureId = into.longPictureId ? ((packet[at] & 0x7f) << 8) | packet[at + 1] : packet[at];
      at += into.longPictureId ? 2 : 1;
    }
    if ((extension & 0x40) !== 0) {
      into.tl0PicIndex = packet[at];
      at += 1;
    }
    if ((extension & 0x30) !== 0) {
      if ((extension & 0x20) !== 0) {
        into.temporalLayer = packet[at] >> 6;
        into.layerSync = (packet[at] & 0x20) !== 0;
      }
      if ((extension & 0x10) !== 0) into.keyIndex = packet[at] & 0x1f;
      at += 1;
    }
  }
  // A descriptor without a byte of the frame behind it is none (§4.2).
  return at < to ? at : -1;
}

export function writeVp8Descriptor(writer: PacketWriter, descriptor: Vp8Descriptor): void {
  const { pictureId, longPictureId, tl0PicIndex, temporalLayer, layerSync, keyIndex } = descriptor;
  const extension =
    (pictureId >= 0 ? 0x80 : 0) |
    (tl0PicIndex >= 0 ? 0x40 : 0) |
    (temporalLayer >= 0 ? 0x20 : 0) |
    (keyIndex >= 0 ? 0x10 : 0);
  writer.byte(
    (extension === 0 ? 0 : 0x80) | (descriptor.disposable ? 0x20 : 0) | (descriptor.startsFrame ? 0x10 : 0),
  );
  if (extension === 0) return;
  writer.byte(extension);
  if (pictureId >= 0 && longPictureId) writer.byte(0x80 | (pictureId >> 8));
  if (pictureId >= 0) writer.byte(pictureId & (longPictureId ? 0xff : 0x7f));
  if (tl0PicIndex >= 0) writer.byte(tl0PicIndex);
  if ((extension & 0x30) !== 0)
    writer.byte((Math.max(0, temporalLayer) << 6) | (layerSync ? 0x20 : 0) | Math.max(0, keyIndex));
}
