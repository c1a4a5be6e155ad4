import { canonicalName } from './names.ts';
import type { SipMessage } from './types.ts';

/** Names in their long form, one CRLF per line, Content-Length last and always counted anew. */
export function serialize(message: SipMessage): Buffer {
  const lines = [startLine(message)];
  for (const { name, value } of message.headers) {
    const canonical = canonicalName(name);
    if (canonical !== 'Content-Length') lines.push(`${canonical}: ${oneLine(value)}`);
  }
  lines.push(`Content-Length: ${message.body.length}`, '', '');
  const head = Buffer.from(lines.join('\r\n'), 'utf8');
  return message.body.length === 0 ? head : Buffer.concat([head, message.body]);
}

function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${oneLine(message.uri)} SIP/2.0`
    : `SIP/2.0 ${message.status} ${oneLine(message.reason)}`;
}

/** Nobody who sets a header can start a second one: a line end in a value becomes a blank. */
function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
}
