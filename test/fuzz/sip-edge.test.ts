import { createConnection } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../gateway/sip/edge/log.ts';
import { mutate, randomFrom } from '../support/byte-mutator.ts';
import { embeddedEdge, testSecret } from '../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { fuzzSeed } from '../support/fuzz-seed.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import { SrfApp } from '../support/srf-app.ts';
import { until } from '../support/until.ts';

/** Fresh ones by `npm run fuzz`. */
const seeds = [0, 1, 2].map((one) => fuzzSeed() + one);

describe('a running edge under mutated input', () => {
  let timers: FakeTimers;
  let edge: EdgeUnderTest;
  let app: SrfApp;
  let caller: SipUa;
  /** The edge survives its own faults and logs them. */
  let faults: object[];

  beforeEach(async () => {
    timers = new FakeTimers();
    faults = [];
    const log = {
      ...silentLog,
      error: (facts: object, sentence: string) => faults.push({ sentence, ...facts }),
    };
    edge = await embeddedEdge({ timers, log });
    caller = await SipUa.open({ serverPort: edge.sipPort });
    const { contact } = caller;
    app = await SrfApp.connect(edge, {
      // Only callers that can be sent a BYE on loopback are answered.
      invite: (req, res) => {
        if (req.get('Contact') === contact) {
          app.srf.createUAS(req, res, { localSdp: plainSdp() }).catch(() => undefined);
        } else res.send(486);
      },
      options: (_req, res) => res.send(200),
    });
  });
  afterEach(async () => {
    app.disconnect();
    await caller.close();
    await edge.close();
    expect(faults).toEqual([]);
  });

  const uri = (): string => `sip:1000@127.0.0.1:${edge.sipPort}`;
  /** All sent before it has been worked off when this is answered. */
  const probe = async (): Promise<void> => {
    const callId = caller.request('OPTIONS', uri());
    await caller.next(
      'answer to the probe',
      ({ status, headers }) => status >= 200 && headers['call-id'] === callId,
    );
    caller.takeUnread();
  };
  const serveACall = async (): Promise<void> => {
    const call = caller.invite(uri(), { body: plainSdp() });
    await call.connect();
    expect((await call.request('BYE')).status).toBe(200);
  };
  const restAfterTimers = async (): Promise<void> => {
    // ACK time-outs, then the BYEs that they cause, then what these leave behind.
    for (let step = 0; step < 6; step += 1) {
      timers.advance(64_000);
      await probe();
    }
    timers.advance(64_000);
    await until('everything is forgotten', () => {
      timers.advance(64_000);
      const counters = edge.edge?.counters;
      return (
        counters?.dialogs === 0 && counters.serverTransactions === 0 && counters.clientTransactions === 0
      );
    });
    expect(timers.pending).toBe(0);
  };
  /** A request as a device would send it, each time of another call. */
  const sound = (method: string, random: (below: number) => number): string => {
    const facts = {
      callId: `fuzz${random(1e9)}@ua`,
      from: `<sip:ua@127.0.0.1>;tag=t${random(1e9)}`,
      to: `<${uri()}>`,
      cseq: 1,
      via: caller.via(`z9hG4bKf${random(1e9)}`),
    };
    return caller.format(method, uri(), facts, {
      body: plainSdp(),
      headers: ['Supported: 100rel, timer', 'Allow: INVITE, BYE', 'Session-Expires: 1800'],
    });
  };

  it.each(seeds)('lives through mutated requests and serves the next call (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 25; count += 1) {
        const method = ['INVITE', 'INVITE', 'OPTIONS', 'BYE', 'CANCEL', 'ACK', 'PRACK', 'REGISTER'][
          random(8)
        ];
        caller.send(mutate(sound(method, random), random));
      }
      await probe();
    }
    await serveACall();
    await restAfterTimers();
    await serveACall();
  });

  it('lives through mutated requests in live calls', async () => {
    const random = randomFrom(fuzzSeed() + 7);
    for (let round = 0; round < 20; round += 1) {
      const call = caller.invite(uri(), { body: plainSdp() });
      const { headers } = await call.connect();
      for (let count = 0; count < 15; count += 1) {
        const method = ['INFO', 'UPDATE', 'ACK', 'BYE', 'PRACK'][random(5)] ?? 'INFO';
        const facts = {
          callId: call.callId,
          from: call.local,
          to: headers.to ?? '',
          cseq: 2 + count,
          via: caller.via(),
        };
        caller.send(mutate(caller.format(method, call.target, facts, { body: 'Signal=1' }), random));
      }
      await probe();
      // A wound may have raised the dialog's CSeq: then this BYE is an old one, and the call goes on.
      await call.request('BYE');
    }
    await serveACall();
    // The edge ends what is left when its app goes.
    app.disconnect();
    await restAfterTimers();
  });

  it('lives through mutated responses to its own call', async () => {
    const random = randomFrom(fuzzSeed() + 11);
    const called = app.srf
      .createUAC(`sip:bob@127.0.0.1:${caller.port}`, { localSdp: plainSdp() })
      .then((dialog) => dialog.destroy());
    const invite = await caller.nextRequest('INVITE');
    const ringing = caller.reply(invite, 180);
    for (let count = 0; count < 300; count += 1) {
      // The status stays: a refusal would end the call, and rightly. So does the Contact: loopback only.
      const rest = ringing.replace(/Contact: .*\r\n/, '').slice('SIP/2.0 180'.length);
      caller.send(Buffer.concat([Buffer.from('SIP/2.0 180'), mutate(rest, random)]));
      if (count % 25 === 0) await probe();
    }
    caller.reply(invite, 200, { body: plainSdp() });
    const bye = await caller.nextRequest('BYE');
    caller.reply(bye, 200);
    await called;
    await restAfterTimers();
  });

  it('lives through garbage on the admin port', async () => {
    const random = randomFrom(fuzzSeed() + 13);
    const framed = (text: string): string => `${Buffer.byteLength(text)}#${text}`;
    const login = framed(`1|authenticate|${testSecret}|`);
    for (let count = 0; count < 120; count += 1) {
      const frames = [
        framed('2|ping'),
        framed('3|route|message'),
        framed('4|sip|x|\r\nSIP/2.0 200 OK\r\nTo: <sip:a@b>;tag=1\r\n\r\nbody'),
        framed('5|sip||gone\r\nBYE sip:placeholder SIP/2.0\r\n\r\n'),
        framed('6|remove_route|message'),
      ].join('');
      const bytes = Buffer.concat([
        random(3) === 0 ? Buffer.alloc(0) : Buffer.from(login),
        mutate(frames, random),
      ]);
      await new Promise<void>((resolve) => {
        const socket = createConnection(edge.adminPort, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.on('data', () => undefined);
        socket.end(bytes);
      });
    }
    await serveACall();
    await restAfterTimers();
  });
});
