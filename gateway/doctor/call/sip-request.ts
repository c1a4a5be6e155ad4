import { randomBytes } from 'node:crypto';
import { inUri } from '../../config/outside.ts';
import { newRequest } from '../../sip/edge/message/build.ts';
import { branchCookie } from '../../sip/edge/message/via.ts';
import type { SipRequest } from '../../sip/edge/message/types.ts';
import type { SipPlace } from './sip-place.ts';

/** Our own end of the signalling. */
export interface OwnEnd {
  readonly address: string;
  readonly port: number;
}

export const callerUser = 'gateway-doctor';

/** RFC 3261 §8.1.1: what a request outside of a dialog has. */
export function outsideDialog(
  method: 'INVITE' | 'OPTIONS',
  user: string,
  { host, port, transport }: SipPlace,
  own: OwnEnd,
  more: { readonly body?: string; readonly headers?: readonly (readonly [string, string])[] } = {},
): SipRequest {
  const target = `${user === '' ? '' : `${user}@`}${inUri(host)}:${port}`;
  // RFC 7118 §5.2.2: `ws` in URIs, encrypted or not.
  const parameter = transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
  const uri = `sip:${target}${parameter}`;
  const self = `${callerUser}@${inUri(own.address)}`;
  return newRequest(
    method,
    uri,
    [
      ['Via', viaOf(transport, own)],
      ['Max-Forwards', '70'],
      ['From', `"Gateway doctor" <sip:${self}>;tag=${fresh()}`],
      ['To', `<sip:${target}>`],
      ['Call-ID', `${fresh()}${fresh()}`],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:${self}:${own.port}${parameter}>`],
      ['Accept', 'application/sdp'],
      ...(more.headers ?? []),
    ],
    more.body,
  );
}

/** RFC 3261 §8.1.1.7; a branch of its own for each transaction. */
export function viaOf(transport: SipPlace['transport'], { address, port }: OwnEnd): string {
  return `SIP/2.0/${transport.toUpperCase()} ${inUri(address)}:${port};branch=${branchCookie}${fresh()};rport`;
}

const fresh = (): string => randomBytes(8).toString('hex');
