import { fingerprintOf } from '../../mcu/dtls/fingerprint.ts';
import { makeIdentity } from '../../mcu/dtls/identity.ts';
import type { LegMediaConfig } from '../../mcu/ports.ts';
import { MediaPath } from '../../mcu/rtp/media-path.ts';
import type { RemoteTransport } from '../../mcu/rtp/media-path.ts';
import { createSrtpContext } from '../../mcu/srtp/context.ts';
import { configOf } from './node-under-test.ts';
import type { NodeCaller } from './node-under-test.ts';
import type { Phone } from './phone.ts';

export interface SecureWay {
  readonly ice: boolean;
  /** The phone's part. */
  readonly setup: 'active' | 'passive';
}

/** DTLS-SRTP, with ICE or without, between a phone and its leg; RTCP shares the port. */
export class SecurePhone {
  /** How often keys were agreed. */
  handshakes = 0;
  readonly failures: string[] = [];
  /** What nobody else may learn, as it would be written: keys, passwords. */
  readonly secrets: string[] = [credentials('phone').pwd, credentials('node').pwd];
  readonly #phone: Phone;
  readonly #way: SecureWay;
  readonly #identity = makeIdentity();
  readonly #path: MediaPath;
  readonly #timer: NodeJS.Timeout;

  constructor(phone: Phone, way: SecureWay) {
    this.#phone = phone;
    this.#way = way;
    this.#path = new MediaPath({
      identity: this.#identity,
      iceMode: 'full',
      now: () => performance.now(),
      send: (_component, datagram) => phone.sendWire(datagram),
      placeOf: () => phone.peer,
      events: {
        onPlace: () => undefined,
        onKeys: (_component, { profile, send, receive }) => {
          this.handshakes++;
          for (const { masterKey, masterSalt } of [send, receive]) {
            const inline = Buffer.concat([masterKey, masterSalt]).toString('base64');
            this.secrets.push(inline, masterKey.toString('base64'), masterKey.toString('hex'));
          }
          phone.srtp = {
            send: createSrtpContext({ profile, keys: [send] }),
            receive: [createSrtpContext({ profile, keys: [receive] })],
          };
        },
        onCheckpoint: () => undefined,
        onFailed: (failure) => this.failures.push(failure),
        onConsentLost: () => this.failures.push('consent lost'),
      },
    });
    phone.onOther = (datagram, from) => this.#path.receive(1, datagram, from);
    this.#timer = setInterval(() => this.#path.tick(), 100);
  }

  /** As if both had said so in SDP; again with `changes` for the leg: a re-INVITE. */
  async agree({ leg }: NodeCaller, changes: Partial<LegMediaConfig> = {}): Promise<void> {
    const { ice, setup } = this.#way;
    const { local } = leg;
    const lite = local.ice === 'lite';
    const [ours, theirs] = [credentials('phone'), credentials('node')];
    const { rtpPort: port, address } = local;
    const candidate = { component: 1, foundation: '1', priority: 2 ** 31 - 1, address, port };
    const common = { direction: 'sendrecv', rtcpMux: true } as const;
    await leg.configure(
      configOf(this.#phone, {
        ...common,
        security: {
          kind: 'dtls',
          setup: setup === 'active' ? 'passive' : 'active',
          fingerprints: [fingerprintOf(this.#identity.certificate)],
        },
        // The node learns where the phone is from its checks.
        ...(ice && {
          ice: { local: theirs, remote: { ...ours, lite: false, candidates: [] }, controlling: false },
        }),
        ...changes,
      }),
    );
    const config: RemoteTransport = {
      ...common,
      remote: local,
      security: { kind: 'dtls', setup, fingerprints: local.fingerprints ?? [] },
      ...(ice && {
        ice: {
          local: ours,
          remote: { ...theirs, lite, candidates: [{ ...candidate, type: 'host' }] },
          controlling: true,
        },
      }),
    };
    this.#path.configure(config);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#path.close();
  }
}

function credentials(ufrag: string) {
  return { ufrag, pwd: `${ufrag}-password-of-many-letters` };
}
