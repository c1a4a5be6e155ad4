import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessLine } from '../../mcu/control/line.ts';
import { HostLine } from '../../mcu/host/line.ts';
import { Stranger } from '../support/host-stranger.ts';
import { openTestHost } from '../support/media-host.ts';
import type { TestHost } from '../support/media-host.ts';
import { until } from '../support/until.ts';

const word = fc.constantFrom(
  'hello',
  'start',
  'use',
  'kill',
  'close',
  'ping',
  'nonce',
  'proof',
  'seat',
  'words',
  '__proto__',
);
/** JSON that has the protocol's own words in it. */
const almost = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.stringMatching(/^[\w-]{43}$/),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(word, fc.string()), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 300 }),
  almost.map((value) => JSON.stringify(value)),
);

describe('a media host under input of strangers', () => {
  let host: TestHost;
  /** Processes that were made, and what they were told. */
  let made: { told: object[]; ended: boolean }[];

  beforeAll(async () => {
    made = [];
    host = await openTestHost({ launch: fakeProcess });
  });
  afterAll(() => host.close());

  function fakeProcess(): ProcessLine {
    const record = { told: [] as object[], ended: false };
    made.push(record);
    let end: () => void = () => undefined;
    return {
      pid: 1,
      send: (message) => record.told.push(message),
      use: () => undefined,
      kill: () => {
        record.ended = true;
        queueMicrotask(end);
      },
      onMessage: () => undefined,
      onEnd: (listener) => (end = () => listener({ crashed: false, lastWords: [] })),
    };
  }

  it('runs nothing for who has not proved to know the secret, and serves who has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
        const stranger = await Stranger.at(host);
        for (const one of frames) stranger.raw(one);
        await until('the stranger is sent away', () => stranger.isGone);
        expect(made).toEqual([]);
      }),
      { numRuns: 40 },
    );
    const line = new HostLine(host.place, 'seat');
    await line.welcomed;
    line.kill();
  });

  it('sends a gateway away that says what is no message, and ends its process', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 5 }), async (frames) => {
        made.length = 0;
        const gateway = await Stranger.at(host);
        gateway.greet(await gateway.next(), host.place);
        await gateway.next();
        gateway.send({ start: {} });
        for (const one of frames) gateway.raw(one);
        gateway.raw('[');
        await until('the gateway is sent away', () => gateway.isGone);
        await until('its process is ended', () => made.every(({ ended }) => ended));
        expect(made).toHaveLength(1);
        for (const message of made[0].told) expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
      }),
      { numRuns: 40 },
    );
  });

  it('takes no message that is longer than any of a gateway', async () => {
    const stranger = await Stranger.at(host);
    await stranger.next();
    stranger.raw(Buffer.alloc(2 * 1024 * 1024, 'x'));
    await until('the stranger is sent away', () => stranger.isGone);
  });
});
