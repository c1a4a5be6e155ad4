import { beforeEach, describe, expect, it } from 'vitest';
import { InviteClientTransaction } from '../../../../../../gateway/sip/edge/transactions/invite-client.ts';
import { InviteServerTransaction } from '../../../../../../gateway/sip/edge/transactions/invite-server.ts';
import { NonInviteClientTransaction } from '../../../../../../gateway/sip/edge/transactions/non-invite-client.ts';
import { NonInviteServerTransaction } from '../../../../../../gateway/sip/edge/transactions/non-invite-server.ts';
import { newRequest, responseTo } from '../../../../../../gateway/sip/edge/message/build.ts';
import type { SipResponse } from '../../../../../../gateway/sip/edge/message/types.ts';
import { TransportError } from '../../../../../../gateway/sip/edge/transport/types.ts';
import { FakeTimers } from '../../../../../support/fake-timers.ts';

const invite = newRequest('INVITE', 'sip:a@b');
const options = newRequest('OPTIONS', 'sip:a@b');
const ack = newRequest('ACK', 'sip:a@b');
const bytes = Buffer.from('request');
const refused = new TransportError('TRANSPORT_REFUSED', 'refused');

let timers: FakeTimers;
let sent: string[];
/** What the user heard, in order. */
let heard: string[];

beforeEach(() => {
  timers = new FakeTimers();
  sent = [];
  heard = [];
});

const wire = (reliable: boolean): { reliable: boolean; send: (bytes: Buffer) => void } => ({
  reliable,
  send: (message) => void sent.push(`${timers.nowMs() - Date.UTC(2030, 0, 1)} ${message.toString()}`),
});
const clientUser = {
  onResponse: (response: SipResponse) => void heard.push(String(response.status)),
  onTimeout: () => void heard.push('timeout'),
  onTransportError: () => void heard.push('transport error'),
  onTerminated: () => void heard.push('terminated'),
};
const serverUser = { ...clientUser, onAcknowledged: () => void heard.push('acknowledged') };
const timesOf = (): number[] => sent.map((line) => Number.parseInt(line, 10));

describe('INVITE client transaction (RFC 3261 §17.1.1)', () => {
  const make = (reliable = false): InviteClientTransaction => {
    const transaction = new InviteClientTransaction({
      request: invite,
      bytes,
      wire: wire(reliable),
      timers,
      user: clientUser,
      makeAck: () => Buffer.from('ack'),
    });
    transaction.start();
    return transaction;
  };

  it('Calling: timer A doubles, timer B gives up at 64·T1', () => {
    make();
    timers.advance(32_000);
    expect(timesOf()).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    expect(heard).toEqual(['timeout', 'terminated']);
    expect(timers.pending).toBe(0);
  });

  it('Calling over TCP: nothing is repeated, timer B runs all the same', () => {
    make(true);
    timers.advance(32_000);
    expect(timesOf()).toEqual([0]);
    expect(heard).toEqual(['timeout', 'terminated']);
  });

  it('Proceeding: no repetition and no time-out, until a CANCEL sets one', () => {
    const transaction = make();
    transaction.receive(responseTo(invite, 180));
    timers.advance(600_000);
    expect(sent).toHaveLength(1);
    transaction.cancelled();
    timers.advance(32_000);
    expect(heard).toEqual(['180', 'timeout', 'terminated']);
  });

  it('Completed: ACKs each repetition, tells once, timer D ends it', () => {
    const transaction = make();
    for (const _ of [1, 2, 3]) transaction.receive(responseTo(invite, 486));
    expect(sent.slice(1)).toEqual(['0 ack', '0 ack', '0 ack']);
    expect(heard).toEqual(['486']);
    transaction.transportFailed(refused);
    timers.advance(31_999);
    expect(transaction.state).toBe('completed');
    timers.advance(1);
    expect(heard).toEqual(['486', 'terminated']);
    expect(timers.pending).toBe(0);
  });

  it('Accepted (RFC 6026 §7.2): every 2xx goes on, nothing else does, timer M ends it', () => {
    const transaction = make();
    for (const status of [200, 200, 180, 486]) transaction.receive(responseTo(invite, status));
    expect(heard).toEqual(['200', '200']);
    expect(sent).toHaveLength(1);
    timers.advance(32_000);
    expect(transaction.state).toBe('terminated');
  });

  it('a transport error ends it in Calling', () => {
    make().transportFailed(refused);
    expect(heard).toEqual(['transport error', 'terminated']);
    expect(timers.pending).toBe(0);
  });
});

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  const make = (reliable = false): NonInviteClientTransaction => {
    const transaction = new NonInviteClientTransaction({
      request: options,
      bytes,
      wire: wire(reliable),
      timers,
      user: clientUser,
    });
    transaction.start();
    return transaction;
  };

  it('Trying: timer E doubles up to T2, timer F gives up', () => {
    make();
    timers.advance(32_000);
    expect(timesOf()).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(heard).toEqual(['timeout', 'terminated']);
  });

  it('Proceeding: timer E is T2, timer F still runs', () => {
    const transaction = make();
    transaction.receive(responseTo(options, 100));
    timers.advance(9_000);
    expect(timesOf()).toEqual([0, 4_000, 8_000]);
    timers.advance(23_000);
    expect(heard).toEqual(['100', 'timeout', 'terminated']);
  });

  it.each([
    [false, 5_000],
    [true, 0],
  ])('Completed: absorbs repetitions for timer K (reliable: %s)', (reliable, life) => {
    const transaction = make(reliable);
    for (const _ of [1, 2]) transaction.receive(responseTo(options, 200));
    expect(heard).toEqual(['200']);
    timers.advance(life);
    expect(heard).toEqual(['200', 'terminated']);
    expect(timers.pending).toBe(0);
  });

  it('a transport error ends it', () => {
    make().transportFailed(refused);
    expect(heard).toEqual(['transport error', 'terminated']);
  });
});

describe('INVITE server transaction (RFC 3261 §17.2.1)', () => {
  const make = (reliable = false): InviteServerTransaction =>
    new InviteServerTransaction({ request: invite, wire: wire(reliable), timers, user: serverUser });

  it('Proceeding: a repeated INVITE gets the last provisional response', () => {
    const transaction = make();
    transaction.receive(invite);
    transaction.respond(100, Buffer.from('100'));
    transaction.respond(180, Buffer.from('180'));
    transaction.receive(invite);
    expect(sent).toEqual(['0 100', '0 180', '0 180']);
  });

  it('Completed: timer G repeats up to T2, timer H gives up', () => {
    const transaction = make();
    transaction.respond(486, Buffer.from('486'));
    timers.advance(32_000);
    expect(timesOf()).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(heard).toEqual(['timeout', 'terminated']);
    expect(timers.pending).toBe(0);
  });

  it('Completed over TCP: only a repeated INVITE is answered again', () => {
    const transaction = make(true);
    transaction.respond(486, Buffer.from('486'));
    timers.advance(20_000);
    transaction.receive(invite);
    expect(sent).toEqual(['0 486', '20000 486']);
  });

  it.each([
    [false, 5_000],
    [true, 0],
  ])('Confirmed: the ACK stops it, timer I absorbs the rest (reliable: %s)', (reliable, life) => {
    const transaction = make(reliable);
    transaction.respond(486, Buffer.from('486'));
    for (const message of [ack, ack, invite]) transaction.receive(message);
    expect(heard).toEqual(['acknowledged']);
    expect(sent).toHaveLength(1);
    timers.advance(life);
    expect(heard).toEqual(['acknowledged', 'terminated']);
    expect(timers.pending).toBe(0);
  });

  it('Accepted (RFC 6026 §7.1): absorbs INVITEs, lets the core repeat its 2xx, timer L ends it', () => {
    const transaction = make();
    transaction.respond(200, Buffer.from('200'));
    transaction.receive(invite);
    expect(transaction.respond(200, Buffer.from('200'))).toBe(true);
    expect(transaction.respond(486, Buffer.from('486'))).toBe(false);
    expect(sent).toEqual(['0 200', '0 200']);
    timers.advance(32_000);
    expect(heard).toEqual(['terminated']);
  });

  it('a second final response is not sent', () => {
    const transaction = make();
    transaction.respond(486, Buffer.from('486'));
    expect(transaction.respond(200, Buffer.from('200'))).toBe(false);
    expect(sent).toEqual(['0 486']);
  });
});

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  const make = (reliable = false): NonInviteServerTransaction =>
    new NonInviteServerTransaction({ request: options, wire: wire(reliable), timers, user: serverUser });

  it('Trying: absorbs repetitions, and is forgotten when nobody answers (RFC 4320 §4.2: no 408)', () => {
    const transaction = make();
    transaction.receive(options);
    timers.advance(32_000);
    expect(sent).toEqual([]);
    expect(heard).toEqual(['timeout', 'terminated']);
  });

  it('Proceeding and Completed: repeat the last response, timer J ends it', () => {
    const transaction = make();
    transaction.respond(100, Buffer.from('100'));
    transaction.receive(options);
    transaction.respond(200, Buffer.from('200'));
    transaction.receive(options);
    expect(transaction.respond(500, Buffer.from('500'))).toBe(false);
    expect(sent).toEqual(['0 100', '0 100', '0 200', '0 200']);
    timers.advance(32_000);
    expect(heard).toEqual(['terminated']);
    expect(timers.pending).toBe(0);
  });

  it('over TCP it is over with its answer', () => {
    make(true).respond(200, Buffer.from('200'));
    timers.advance(0);
    expect(heard).toEqual(['terminated']);
  });

  it('a transport error ends it', () => {
    make().transportFailed(refused);
    expect(heard).toEqual(['transport error', 'terminated']);
  });
});
