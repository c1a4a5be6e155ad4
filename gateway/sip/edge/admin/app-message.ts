import { Headers } from '../message/headers.ts';
import type { AppRequest, AppResponse } from './types.ts';

const token = /^[\w\-.!%*+`'~]+$/;
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/;
const requestLine = /^([\w\-.!%*+`'~]+) (\S+) SIP\/2\.0$/;

/**
 * Reads a SIP message as an app sends it: the start line and whatever header fields it cares for. The body is all
 * up to the end of the frame, whatever Content-Length says. A header field without a proper name is left out, as
 * drachtio-server does. Undefined: the start line is none.
 */
export function parseAppMessage(bytes: Buffer): AppRequest | AppResponse | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  // Copied: the frame's memory is the socket's, and messages outlive it.
  const body = end < 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end + 4));
  const [startLine = '', ...lines] = head.split(/\r\n(?![ \t])|\n(?![ \t])|\r(?![\n \t])/);
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim();
    if (!token.test(name)) continue;
    headers.append(
      name,
      line
        .slice(colon + 1)
        .replace(/[\r\n]+[ \t]*/g, ' ')
        .trim(),
    );
  }
  const response = statusLine.exec(startLine);
  if (response) {
    const [, status, reason = ''] = response;
    return { kind: 'response', status: Number(status), reason, headers, body };
  }
  const request = requestLine.exec(startLine);
  if (!request) return undefined;
  const [, method, uri] = request;
  return { kind: 'request', method, uri, startLine, headers, body };
}

/** The first line of a frame's SIP message, for error texts. */
export function firstLine(bytes: Buffer): string {
  const end = bytes.indexOf('\r');
  return bytes.toString('utf8', 0, Math.min(end < 0 ? bytes.length : end, 256));
}
