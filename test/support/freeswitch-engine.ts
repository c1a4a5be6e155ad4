import type { MixerTold } from '../../mcu/control/mixer-protocol.ts';
import { FreeSwitchEngine } from '../../mcu/engines/freeswitch/engine.ts';
import type { Member, MemberSpec, PictureEngine } from '../../mcu/ports.ts';
import { FakeMixer } from '../fakes/mixer.ts';
import type { FakeMixerSession } from '../fakes/mixer.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';

/** The node's side of FreeSWITCH, with whoever would drive FreeSWITCH in the test's hand. */
export class FreeSwitchUnderTest {
  readonly mixer = new FakeMixer();
  readonly engine: FreeSwitchEngine;
  readonly session: FakeMixerSession;
  readonly lines: LogLine[] = [];

  constructor({ autoUp = false } = {}) {
    this.mixer.autoUp = autoUp;
    this.engine = new FreeSwitchEngine({
      host: '127.0.0.1',
      ask: (name, params) => this.session.ask(name, params),
      pictures: true,
      log: quietLog(this.lines),
    });
    const told: MixerTold = this.engine.told;
    this.session = this.mixer.attach('node-1', (name, params) => told[name](params as never));
  }

  get pictures(): PictureEngine {
    if (!this.engine.pictures) throw new Error('The engine has no pictures.');
    return this.engine.pictures;
  }

  /** A caller. */
  leg(id: string, spec: Partial<MemberSpec> = {}): Member {
    return this.engine.openMember({ id, seat: id, codec: 'PCMU', payloadType: 0, role: 'leg', ...spec });
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.mixer.close();
  }
}

/** A packet of 20 ms. */
export function rtpPacket(payloadType: number, index = 0, payload: Buffer = Buffer.alloc(160, 0x55)): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType;
  header.writeUInt16BE(index & 0xffff, 2);
  header.writeUInt32BE((index * 160) >>> 0, 4);
  header.writeUInt32BE(0x01020304, 8);
  return Buffer.concat([header, payload]);
}
