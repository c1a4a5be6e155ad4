import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAppMessage } from '../../../../../../gateway/sip/edge/admin/app-message.ts';
import { AppRegistry } from '../../../../../../gateway/sip/edge/admin/apps.ts';
import { frame, FrameError, FrameReader } from '../../../../../../gateway/sip/edge/admin/frames.ts';
import { metaGroup, timeOfDay } from '../../../../../../gateway/sip/edge/admin/meta.ts';
import { withOwnHost } from '../../../../../../gateway/sip/edge/core/compose.ts';
import { TestApp } from '../../../../../support/sip-core.ts';

function read(...chunks: Buffer[]): string[] {
  const payloads: string[] = [];
  const reader = new FrameReader((payload) => payloads.push(payload.toString()));
  for (const chunk of chunks) reader.push(chunk);
  return payloads;
}

describe('frames', () => {
  it('come whole however the bytes are split, and count bytes', () => {
    const payload = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(400)),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map((text) => frame(text)));
          const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
          const bounds = [0, ...places, stream.length];
          const chunks = bounds.slice(1).map((end, index) => stream.subarray(bounds[index], end));
          expect(read(...chunks)).toEqual(payloads);
        },
      ),
    );
  });

  it.each(['123456#', 'x5#', '#', '-1#a', '0#'])('%s are none', (text) => {
    expect(() => read(Buffer.from(text))).toThrow(FrameError);
  });

  it('carry a SIP message after the meta line', () => {
    expect(frame('id|sip|x', Buffer.from('ü')).toString()).toBe('12#id|sip|x\r\nü');
  });
});

describe('the meta group', () => {
  it('is written as drachtio-server does', () => {
    const timeMs = Date.UTC(2026, 0, 2, 7, 8, 9, 45);
    const facts = {
      source: 'network',
      bytes: 5,
      transport: 'udp',
      address: '1.2.3.4',
      port: 9,
      timeMs,
    } as const;
    expect(metaGroup(facts)).toBe('network|5|udp|1.2.3.4|9|07:08:09.045000');
    expect(timeOfDay(Date.UTC(2026, 0, 1, 23, 59, 59, 999))).toBe('23:59:59.999000');
  });
});

describe('messages of apps', () => {
  it('need only a start line; the body goes to the end of the frame', () => {
    expect(parseAppMessage(Buffer.from('SIP/2.0 200 OK\r\n\r\n'))).toMatchObject({
      kind: 'response',
      status: 200,
    });
    const message = parseAppMessage(
      Buffer.from(
        'INFO sip:a@b SIP/2.0\r\nx-one: 1\r\n folded\r\nbad name: 2\r\nContent-Length: 1\r\n\r\n😀😀',
      ),
    );
    expect(message?.headers.get('X-One')).toBe('1 folded');
    expect(message?.headers.has('bad name')).toBe(false);
    expect(message?.body.toString()).toBe('😀😀');
  });

  it.each(['', 'nonsense', 'INVITE sip:a@b', 'SIP/2.0 999 No'])('“%s” is none', (text) => {
    expect(parseAppMessage(Buffer.from(`${text}\r\n\r\n`))).toBeUndefined();
  });

  it('may say localhost where they mean the edge', () => {
    const put = (value: string): string => withOwnHost('Contact', value, '192.0.2.1:5060');
    expect(put('<sip:a@localhost>;x=localhost')).toBe('<sip:a@192.0.2.1:5060>;x=localhost');
    expect(put('<sip:localhost:5070;lr>')).toBe('<sip:192.0.2.1:5060;lr>');
    expect(put('<sip:localhost@far.example>')).toBe('<sip:localhost@far.example>');
    expect(put('<sip:a@localhost.example>')).toBe('<sip:a@localhost.example>');
    expect(withOwnHost('Subject', 'sip:a@localhost', 'x')).toBe('sip:a@localhost');
  });
});

describe('routes', () => {
  it('go round robin, whoever repeats or leaves', () => {
    const registry = new AppRegistry();
    const [a, b] = [new TestApp('a'), new TestApp('b')];
    for (const app of [a, b, b, b]) registry.add(app, 'invite');
    const picks = (): (string | undefined)[] => [1, 2, 3, 4].map(() => registry.pick('invite')?.id);
    expect(picks()).toEqual(['a', 'b', 'a', 'b']);
    registry.add(b, 'options');
    registry.remove(b, 'invite');
    expect(picks()).toEqual(['a', 'a', 'a', 'a']);
    expect(registry.pick('options')?.id).toBe('b');
    registry.removeAll(a);
    expect(registry.has('invite')).toBe(false);
    expect(registry.pick('invite')).toBeUndefined();
  });
});
