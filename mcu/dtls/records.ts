import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ReplayWindow } from '../srtp/replay.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { contentType, dtls12 } from './constants.ts';
import type { WriteKeys } from './key-schedule.ts';

/** RFC 6347 §4.1: what stands before each record. */
export const recordHeaderBytes = 13;
const tagBytes = 16;
const explicitNonceBytes = 8;
/** RFC 5246 §6.2.1, and what AES-GCM adds. */
const longestFragment = 2 ** 14 + tagBytes + explicitNonceBytes;

export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  readonly header: Buffer;
  readonly fragment: Buffer;
}

/** RFC 7983 §7. */
export function isDtls(datagram: Buffer): boolean {
  return datagram.length > recordHeaderBytes && datagram[0] >= 20 && datagram[0] <= 63;
}

/** The records of a datagram; from the first that is none on there are no more. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at + recordHeaderBytes <= datagram.length;) {
    const header = datagram.subarray(at, at + recordHeaderBytes);
    const length = header.readUInt16BE(11);
    const end = at + recordHeaderBytes + length;
    // Versions 1.0 and 1.2 both begin with 0xfe; which of them counts, the hellos say.
    if (header[1] !== 0xfe || length > longestFragment || end > datagram.length) break;
    records.push({
      type: header[0],
      epoch: header.readUInt16BE(3),
      sequence: header.readUIntBE(5, 6),
      header,
      fragment: datagram.subarray(at + recordHeaderBytes, end),
    });
    at = end;
  }
  return records;
}

interface Keys {
  readonly cipher: CipherSuite['cipher'];
  readonly write: WriteKeys;
  readonly read: WriteKeys;
}

/** Numbers and protects what goes out, checks what comes in. Epoch 0 is plain, epoch 1 has the handshake's keys. */
export class RecordLayer {
  readonly #sequences = [0, 0];
  readonly #window = new ReplayWindow();
  #keys: Keys | null = null;

  setKeys(keys: Keys): void {
    this.#keys = keys;
  }

  seal(type: number, epoch: 0 | 1, content: Buffer): Buffer {
    const sequence = this.#sequences[epoch]++;
    if (epoch === 0) return this.sealPlain(type, sequence, content);
    const header = headerOf(type, epoch, sequence);
    const fragment = this.#encrypt(header, content);
    header.writeUInt16BE(fragment.length, 11);
    return Buffer.concat([header, fragment]);
  }

  /** RFC 6347 §4.2.1: a server that kept nothing goes on with the number of the hello that it takes. */
  startAt(sequence: number): void {
    this.#sequences[0] = sequence;
  }

  /** In epoch 0, with a number that is not ours. */
  sealPlain(type: number, sequence: number, content: Buffer): Buffer {
    const header = headerOf(type, 0, sequence);
    header.writeUInt16BE(content.length, 11);
    return Buffer.concat([header, content]);
  }

  /** The record's content; null: it is not authentic, was there before, or has keys that we don't have (yet). */
  open(record: DtlsRecord): Buffer | null {
    if (record.epoch === 0) return record.type === contentType.applicationData ? null : record.fragment;
    if (record.epoch !== 1 || !this.#keys || !this.#window.isFresh(record.sequence)) return null;
    const content = decrypt(record, this.#keys);
    if (content) this.#window.take(record.sequence);
    return content;
  }

  #encrypt(header: Buffer, content: Buffer): Buffer {
    if (!this.#keys) throw new Error('there are no keys yet');
    const { cipher, write } = this.#keys;
    // RFC 5288 §3: any nonce that never comes again will do; epoch and sequence number are one.
    const explicit = Buffer.from(header.subarray(3, 11));
    const sealing = createCipheriv(cipher, write.key, Buffer.concat([write.salt, explicit]));
    sealing.setAAD(additionalData(header, content.length));
    return Buffer.concat([explicit, sealing.update(content), sealing.final(), sealing.getAuthTag()]);
  }
}

function headerOf(type: number, epoch: 0 | 1, sequence: number): Buffer {
  const header = Buffer.alloc(recordHeaderBytes);
  header[0] = type;
  header.writeUInt16BE(dtls12, 1);
  header.writeUInt16BE(epoch, 3);
  header.writeUIntBE(sequence, 5, 6);
  return header;
}

function decrypt({ header, fragment }: DtlsRecord, { cipher, read }: Keys): Buffer | null {
  const length = fragment.length - explicitNonceBytes - tagBytes;
  if (length < 0) return null;
  const nonce = Buffer.concat([read.salt, fragment.subarray(0, explicitNonceBytes)]);
  const opening = createDecipheriv(cipher, read.key, nonce);
  opening.setAAD(additionalData(header, length));
  opening.setAuthTag(fragment.subarray(-tagBytes));
  const content = opening.update(fragment.subarray(explicitNonceBytes, explicitNonceBytes + length));
  try {
    opening.final();
    return content;
  } catch {
    return null;
  }
}

/** RFC 6347 §4.1.2.1: epoch, sequence number, type, version, length. */
function additionalData(header: Buffer, length: number): Buffer {
  const data = Buffer.concat([header.subarray(3, 11), header.subarray(0, 3), Buffer.alloc(2)]);
  data.writeUInt16BE(length, 11);
  return data;
}
