import { createConnection } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embeddedEdge, testSecret } from '../../../../../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../../../../../support/edge-under-test.ts';

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await embeddedEdge();
});
afterEach(() => edge.close());

/** Sends raw frames, and returns what came until the edge closed or `frames` replies are there. */
function talk(texts: readonly string[], replies = Infinity): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection(edge.adminPort, '127.0.0.1');
    const end = (closed: boolean): void => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.setTimeout(5_000, () => reject(new Error(`no end; came: ${text}`)));
    socket.on('error', reject);
    socket.on('connect', () => socket.write(texts.join('')));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.split('|response|').length - 1 >= replies) end(false);
    });
    socket.on('close', () => end(true));
  });
}

const framed = (text: string): string => `${Buffer.byteLength(text)}#${text}`;
const login = framed(`1|authenticate|${testSecret}|blue,edge`);

describe('the admin port', () => {
  it.each(['r|route|invite', 'p|ping', 's|sip||\r\nOPTIONS sip:x@127.0.0.1 SIP/2.0\r\n\r\n'])(
    'does nothing for whoever has not authenticated: %s',
    async (text) => {
      expect(await talk([framed(text)])).toMatchObject({
        closed: true,
        text: expect.stringContaining('|NO|not authenticated') as string,
      });
    },
  );

  it.each([
    ['a wrong secret', framed('1|authenticate|wrong|'), 'NO|incorrect secret'],
    ['a secret of another length', framed('1|authenticate||'), 'NO|incorrect secret'],
    ['an unknown type', login + framed('2|frobnicate'), 'NO|Unknown message type'],
    ['no type', framed('2'), 'NO|Invalid message format'],
    [
      'a response to nothing',
      login + framed('3|sip||\r\nSIP/2.0 200 OK\r\n\r\n'),
      'NO|transaction id missing',
    ],
  ])('says NO to %s, and closes', async (_name, text, reply) => {
    const { text: came, closed } = await talk([text]);
    expect(came).toContain(reply);
    expect(closed).toBe(true);
  });

  it.each(['123456#', 'garbage'])('closes without a word on %s', async (text) => {
    const { text: came } = await talk([text]);
    expect(came).toBe('');
  });

  it('answers the rest and stays open', async () => {
    const frames = [
      '2|ping',
      '3|route|invite',
      '4|remove_route|invite',
      '5|proxy|x|',
      '6|sip|gone|\r\nSIP/2.0 200 OK\r\n\r\n',
    ];
    const { text } = await talk([login, ...frames.map(framed)], 6);
    const replies = text
      .match(/\|response\|\d\|[^#]*?(?=\d+#|$)/g)
      ?.map((reply) => reply.slice('|response|'.length));
    expect(replies?.[0]).toContain(
      `udp/127.0.0.1:${edge.sipPort},tcp/127.0.0.1:${edge.sipPort}|v0.9.10-embedded|`,
    );
    expect(replies?.slice(1)).toEqual([
      '2|OK|pong',
      '3|OK',
      '4|OK',
      '5|NOK|proxying is not available in this edge',
      '6|NOK|Response not sent due to unknown transaction',
    ]);
  });
});
