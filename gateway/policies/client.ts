import { withDeadline } from '../../mcu/deadline.ts';
import { messageOf } from '../errors.ts';
import type { NamedSecret, PolicyClient, PolicyQuestion, PolicyReply } from '../ports.ts';

/** An action of a dial plan takes a few hundred bytes; what is longer is something else. */
const maxAnswerBytes = 64 * 1024;

/** What may stand in a header field's value (RFC 9110 §5.5). Checked here: the library's error would quote the value. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

type Failed = Extract<PolicyReply, { kind: 'failed' }>;

export interface PolicyClientOptions {
  /** Rejects when there is none. */
  readonly readSecret: (secret: NamedSecret) => Promise<string>;
}

/** Asks by HTTP: one POST of JSON, no redirection followed, so that no secret goes elsewhere. */
export function createPolicyClient({ readSecret }: PolicyClientOptions): PolicyClient {
  return {
    async ask(question, signal) {
      const { timeoutMs } = question;
      try {
        return await withDeadline(timeoutMs, [signal], (inTime) => post(question, readSecret, inTime));
      } catch (error) {
        const isLate = error instanceof DOMException && error.name === 'TimeoutError';
        return isLate
          ? failed('timed-out', `no answer within ${timeoutMs} ms`)
          : failed('unreachable', causeOf(error));
      }
    },
  };
}

async function post(
  { url, headers, body }: PolicyQuestion,
  readSecret: PolicyClientOptions['readSecret'],
  signal: AbortSignal,
): Promise<PolicyReply> {
  const sent: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
  for (const [name, parts] of Object.entries(headers)) {
    const value = await valueOf(parts, readSecret);
    if (typeof value !== 'string') return value;
    if (!fieldValue.test(value))
      return failed('secret-missing', `the header ${name} would have characters that no header may have`);
    sent[name.toLowerCase()] = value;
  }
  const response = await fetch(url, {
    method: 'POST',
    headers: sent,
    body: JSON.stringify(body),
    redirect: 'manual',
    signal,
  });
  const refused = refusalOf(response);
  if (refused !== null) {
    await response.body?.cancel();
    return refused;
  }
  const text = await boundedText(response);
  if (text === null) return failed('too-large', `the answer has more than ${maxAnswerBytes} bytes`);
  try {
    return { kind: 'answer', body: JSON.parse(text) as unknown };
  } catch {
    return failed('not-json', 'the answer is no JSON');
  }
}

async function valueOf(
  parts: PolicyQuestion['headers'][string],
  readSecret: PolicyClientOptions['readSecret'],
): Promise<string | Failed> {
  const texts: string[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      texts.push(part);
      continue;
    }
    try {
      texts.push(await readSecret(part.secret));
    } catch {
      // What went wrong might name what must not be named.
      return failed('secret-missing', `the secret "${part.secret.name}" can’t be read`);
    }
  }
  return texts.join('');
}

function refusalOf({ status }: Response): Failed | null {
  if (status >= 300 && status < 400)
    return failed('redirected', `answered ${status}; no redirection is followed`);
  return status === 200 ? null : failed('status', `answered ${status}`);
}

/** Null: it is too long, and the rest was not read. */
async function boundedText({ body }: Response): Promise<string | null> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the transfer.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failed(why: Failed['why'], detail: string): Failed {
  return { kind: 'failed', why, detail };
}

/** Node's fetch says "fetch failed" and keeps the reason below. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
