import { readFileSync } from 'node:fs';
import { canAnswer } from '../../gateway/sip/edge/message/build.ts';
import { SipParseError } from '../../gateway/sip/edge/message/errors.ts';
import { parseMessage } from '../../gateway/sip/edge/message/parse.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../gateway/sip/edge/message/types.ts';
import {
  unsupportedExtensions,
  validateRequest,
  validateResponse,
} from '../../gateway/sip/edge/message/validate.ts';

/** Lines as they stand in a test → bytes with CRLF. */
export function wire(text: string): Buffer {
  return Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'utf8');
}

/** A fixture of our own; the files have plain line ends. */
export function ownFixture(name: string): Buffer {
  return wire(readFileSync(new URL(`../fixtures/sip/${name}`, import.meta.url), 'utf8'));
}

export function parseRequest(bytes: Buffer): SipRequest {
  const message = parseMessage(bytes);
  if (message.kind !== 'request') throw new Error('a response where a request was expected');
  return message;
}

export function parseResponse(bytes: Buffer): SipResponse {
  const message = parseMessage(bytes);
  if (message.kind !== 'response') throw new Error('a request where a response was expected');
  return message;
}

/** What becomes of a datagram: taken, dropped without an answer, or answered with a status. */
export type Verdict = 'taken' | 'dropped' | number;

export function judge(bytes: Buffer): Verdict {
  let message: SipMessage;
  try {
    message = parseMessage(bytes);
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return canAnswer(error.partial) ? error.status : 'dropped';
  }
  if (message.kind === 'response') return validateResponse(message) === null ? 'taken' : 'dropped';
  const refusal = validateRequest(message);
  if (refusal !== null) return canAnswer(message) ? refusal.status : 'dropped';
  return unsupportedExtensions(message, ['100rel', 'timer', 'replaces']).length > 0 ? 420 : 'taken';
}
