import type { IceCredentials } from '../ports.ts';
import { candidatePriority } from './candidate.ts';
import type { Role } from './role.ts';
import { buildStun, hasIntegrity } from './stun.ts';
import type { StunMessage } from './stun.ts';

/** Who asks, and as what. */
export interface CheckSender {
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  readonly role: Role;
}

/** A binding request to the peer (RFC 8445 §7.2.4). */
export function buildCheck(
  id: string,
  component: number,
  useCandidate: boolean,
  { local, remote, role: { controlling, tieBreaker } }: CheckSender,
): Buffer {
  const content = {
    username: `${remote.ufrag}:${local.ufrag}`,
    priority: candidatePriority('prflx', component),
    ...(controlling ? { controlling: tieBreaker } : { controlled: tieBreaker }),
    useCandidate: controlling && useCandidate,
  };
  return buildStun('request', id, content, remote.pwd);
}

/** What a request deserves: to be served, or an error answer. */
export type Verdict =
  | { readonly ok: true }
  /** Without MESSAGE-INTEGRITY, since its sender doesn't know the password (RFC 8489 §9.1.3). */
  | { readonly ok: false; readonly answer: Buffer };

/** Checks the credentials of a binding request (RFC 8445 §7.3, RFC 8489 §9.1.3). */
export function judgeRequest(
  bytes: Buffer,
  message: StunMessage,
  local: IceCredentials,
  remoteUfrag: string,
): Verdict {
  const refuse = (errorCode: number): Verdict => ({
    ok: false,
    answer: buildStun('error', message.transactionId, { errorCode }, null),
  });
  if (message.username === undefined || message.integrityAt < 0) return refuse(400);
  const colon = message.username.indexOf(':');
  const forUs = message.username.slice(0, colon) === local.ufrag;
  const fromPeer = message.username.slice(colon + 1) === remoteUfrag;
  if (colon < 0 || !forUs || !fromPeer || !hasIntegrity(bytes, message, local.pwd)) return refuse(401);
  if (message.unknown.length === 0) return { ok: true };
  const { unknown } = message;
  return {
    ok: false,
    answer: buildStun('error', message.transactionId, { errorCode: 420, unknown }, local.pwd),
  };
}
