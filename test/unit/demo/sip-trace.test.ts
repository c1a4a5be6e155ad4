import { describe, expect, it } from 'vitest';
import { SipTrace } from '../../demo/sip-trace.ts';

const invite = [
  'INVITE sip:1000@127.0.0.1:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport',
  'CSeq: 7 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');
const ringing = ['SIP/2.0 180 Ringing', 'CSeq: 7 INVITE', 'Content-Length: 0', '', ''].join('\r\n');
const printed = (way: string, text: string) => `\u001b[36;1m#\nUDP ${way}\n${text}\u001b[;m\n`;
const out = printed('127.0.0.1:5070 -> 127.0.0.1:5060', invite);
const back = printed('127.0.0.1:5060 -> 127.0.0.1:5070', ringing);

describe('reading baresip’s SIP trace', () => {
  it('tells who sent what, and when', () => {
    const trace = new SipTrace('127.0.0.1:5070');
    trace.feed(`call: connecting to …\n${out}`, 10);
    trace.feed(`${back}call: SIP Progress: 180 Ringing\n`, 30);
    expect(trace.messages).toMatchObject([
      { atMs: 10, from: 'phone', title: 'INVITE', cseq: '7 INVITE', text: invite.trimEnd() },
      { atMs: 30, from: 'gateway', title: '180 Ringing', cseq: '7 INVITE' },
    ]);
  });

  it('reads the same from pieces of any size, each message with the time at which it began', () => {
    const trace = new SipTrace('127.0.0.1:5070');
    const text = `ready\n${out}call: …\n${back}`;
    for (let i = 0; i < text.length; i++) trace.feed(text.charAt(i), i);
    expect(trace.messages.map(({ title }) => title)).toEqual(['INVITE', '180 Ringing']);
    const [first, second] = trace.messages;
    expect(Math.abs(first.atMs - text.indexOf('\u001b[36'))).toBeLessThan(10);
    expect(Math.abs(second.atMs - text.lastIndexOf('\u001b[36'))).toBeLessThan(10);
  });
});
