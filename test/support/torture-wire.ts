/** Torture messages on a real wire: the same bytes, but for the Via's sent-by, which is where answers go. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { until } from './until.ts';

/** RFC 3261 §18.2.2: a response goes to the first Via's sent-by; in these messages that is somebody else. */
function answeredTo(bytes: Buffer, port: number): Buffer {
  const text = bytes.toString('latin1');
  const topVia = /^((?:via|v)[ \t]*:\s*SIP\s*\/\s*[\d.]+\s*\/\s*\S+\s+)[^\s;,]+(?:[ \t]*:[ \t]*\d+)?/im;
  return Buffer.from(text.replace(topVia, `$1127.0.0.1:${port}`), 'latin1');
}

/**
 * Sends the message as a datagram. Gives the final status that answers it; null: none, although the edge answers
 * an OPTIONS that went behind it. Rejects when the edge does not live any more.
 */
export async function tortureOutcome(edgePort: number, bytes: Buffer): Promise<number | null> {
  // A socket of its own each: answers without an ACK are repeated for half a minute.
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  let outcome: number | null = null;
  socket.on('message', (answer) => {
    const status = Number(/^SIP\/2\.0 (\d{3}) /.exec(answer.toString('latin1'))?.[1]);
    if (status >= 200) outcome ??= status;
  });
  try {
    socket.send(answeredTo(bytes, port), edgePort, '127.0.0.1');
    await lives(edgePort);
    // What goes by way of the application comes a moment later; null as a default would be believed too early.
    await until('an answer', () => outcome !== null, answerMs).catch(() => undefined);
    return outcome;
  } finally {
    socket.close();
  }
}

const answerMs = 500;

async function lives(edgePort: number): Promise<void> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  try {
    const heard = once(probe, 'message', { signal: AbortSignal.timeout(8000) });
    probe.send(optionsFrom(probe.address().port), edgePort, '127.0.0.1');
    await heard;
  } finally {
    probe.close();
  }
}

function optionsFrom(port: number): string {
  return [
    'OPTIONS sip:probe@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKprobe${port}`,
    'Max-Forwards: 70',
    `From: <sip:probe@127.0.0.1>;tag=${port}`,
    'To: <sip:probe@127.0.0.1>',
    `Call-ID: probe-${port}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
