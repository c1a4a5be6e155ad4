/** Sends RTP 50 times a second on an absolute grid, as a phone does. */
export class RtpSender {
  readonly #write: (packet: Buffer) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (packet: Buffer) => void) {
    this.#write = write;
  }

  /** `payload` gives the payload of each packet, 20 ms a piece; `samples` is that in units of the RTP clock. */
  start(payloadType: number, samples: number, payload: (index: number) => Buffer): void {
    const begin = performance.now();
    let index = 0;
    this.#timer = setInterval(() => {
      while (index * 20 <= performance.now() - begin) {
        const header = Buffer.alloc(12);
        header[0] = 0x80;
        header[1] = payloadType | (index === 0 ? 0x80 : 0);
        header.writeUInt16BE(index & 0xffff, 2);
        header.writeUInt32BE((index * samples) >>> 0, 4);
        header.writeUInt32BE(0x01020304, 8);
        this.#write(Buffer.concat([header, payload(index)]));
        index += 1;
      }
    }, 10);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
