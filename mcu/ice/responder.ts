import type { IceCredentials } from '../ports.ts';
import { judgeRequest } from './request.ts';
import type { Role } from './role.ts';
import { buildStun } from './stun.ts';
import type { StunMessage } from './stun.ts';

/** Error answers in one tick; a flood gets no more. */
const mostErrorAnswers = 5;

export interface ResponderOptions {
  readonly local: IceCredentials;
  readonly remoteUfrag: string;
  /** Null: a lite agent, which has no role to defend. */
  readonly role: Role | null;
  readonly send: (component: number, bytes: Buffer, address: string, port: number) => void;
}

/** Answers checks, the peer's and others' (RFC 8445 §7.3). */
export class Responder {
  readonly #options: ResponderOptions;
  #errorAnswers = 0;
  /** Requests that were not the peer's. */
  dropped = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#errorAnswers = 0;
  }

  /** True: the peer asked, and was told that it got through. */
  answer(message: StunMessage, bytes: Buffer, component: number, address: string, port: number): boolean {
    const { local, remoteUfrag, role, send } = this.#options;
    const verdict = judgeRequest(bytes, message, local, remoteUfrag);
    if (!verdict.ok) {
      this.dropped++;
      if (this.#errorAnswers++ < mostErrorAnswers) send(component, verdict.answer, address, port);
      return false;
    }
    const { transactionId: id } = message;
    const meets = role?.meets(message) ?? true;
    const answer = meets
      ? buildStun('success', id, { mappedAddress: { address, port } }, local.pwd)
      : buildStun('error', id, { errorCode: 487 }, local.pwd);
    send(component, answer, address, port);
    return meets;
  }
}
