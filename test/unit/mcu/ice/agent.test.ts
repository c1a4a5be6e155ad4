import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IceAgent } from '../../../../mcu/ice/agent.ts';
import type { IceAgentOptions } from '../../../../mcu/ice/agent.ts';
import { candidatePriority, pairPriority } from '../../../../mcu/ice/candidate.ts';
import type { IceCandidate } from '../../../../mcu/ports.ts';
import { buildStun, parseStun } from '../../../../mcu/ice/stun.ts';

const ours = { ufrag: 'ours', pwd: 'our-password-of-22-characters' };
const theirs = { ufrag: 'peer', pwd: 'their-password-of-22-characters' };
const here = { address: '192.0.2.1', port: 20000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function candidate(address: string, port: number, component = 1): IceCandidate {
  return {
    component,
    foundation: '1',
    priority: candidatePriority('host', component),
    address,
    port,
    type: 'host',
  };
}

interface Sent {
  readonly component: number;
  readonly bytes: Buffer;
  readonly to: string;
}

class Under {
  readonly sent: Sent[] = [];
  readonly told: string[] = [];
  readonly agent: IceAgent;
  onSend: ((sent: Sent) => void) | null = null;

  constructor(
    options: Partial<IceAgentOptions> & { candidates?: IceCandidate[]; peerIsLite?: boolean } = {},
  ) {
    const { candidates = [candidate('198.51.100.7', 40000)], peerIsLite = false, ...rest } = options;
    this.agent = new IceAgent({
      mode: 'full',
      controlling: false,
      local: ours,
      remote: { ...theirs, lite: peerIsLite, candidates },
      components: 1,
      now: () => performance.now(),
      send: (component, bytes, address, port) => {
        const sent = { component, bytes: Buffer.from(bytes), to: `${address}:${port}` };
        this.sent.push(sent);
        this.onSend?.(sent);
      },
      onSelected: (component, address, port) => this.told.push(`${component} ${address}:${port}`),
      onConnected: () => this.told.push('connected'),
      onConsentLost: () => this.told.push('lost'),
      ...rest,
    });
  }

  requests() {
    return this.sent.filter(({ bytes }) => parseStun(bytes)?.class === 'request');
  }

  /** A check of the peer's. */
  check(
    from: string,
    content: Parameters<typeof buildStun>[2] = {},
    password = ours.pwd,
    component = 1,
  ): void {
    const [address, port] = split(from);
    const id = String(Math.random()).slice(2, 14).padEnd(24, '0');
    const bytes = buildStun(
      'request',
      id,
      { username: `${ours.ufrag}:${theirs.ufrag}`, priority: 1, controlling: 5n, ...content },
      password,
    );
    this.agent.receive(component, bytes, address, port);
  }

  /** The peer answers a request of ours, from where it was sent to. */
  answer({ bytes, to, component }: Sent, from = to, password = theirs.pwd): void {
    const id = parseStun(bytes)?.transactionId ?? '';
    const answer = buildStun('success', id, { mappedAddress: here }, password);
    this.agent.receive(component, answer, ...split(from));
  }
}

function split(place: string): [address: string, port: number] {
  const colon = place.lastIndexOf(':');
  return [place.slice(0, colon), Number(place.slice(colon + 1))];
}

test('priorities are those of RFC 8445', () => {
  expect(candidatePriority('host', 1)).toBe(2130706431);
  expect(candidatePriority('host', 2)).toBe(2130706430);
  expect(pairPriority(3, 2)).toBe((2n << 32n) + 7n);
  expect(pairPriority(2, 3)).toBe((2n << 32n) + 6n);
});

describe('two agents', () => {
  function connectTwo(roles: [boolean, boolean], mode: 'full' | 'lite' = 'full', components: 1 | 2 = 1) {
    const place = { one: '192.0.2.1', two: '198.51.100.7' };
    const make = (controlling: boolean, peer: string, theMode: 'full' | 'lite', peerIsLite: boolean) =>
      new Under({
        controlling,
        mode: theMode,
        components,
        candidates: [1, 2].slice(0, components).map((one) => candidate(peer, 30000 + one, one)),
        peerIsLite,
      });
    const one = make(roles[0], place.two, 'full', mode === 'lite');
    const two = new Under({
      controlling: roles[1],
      mode,
      components,
      local: theirs,
      remote: {
        ...ours,
        lite: false,
        candidates: [1, 2]
          .slice(0, components)
          .map((component) => candidate(place.one, 30000 + component, component)),
      },
    });
    // As a wire: what one sends comes a moment later, from the other's place.
    const wire = (from: Under, to: Under, fromAddress: string) => {
      from.onSend = ({ component, bytes }) =>
        void setTimeout(() => to.agent.receive(component, bytes, fromAddress, 30000 + component), 1);
    };
    wire(one, two, place.one);
    wire(two, one, place.two);
    one.agent.start();
    two.agent.start();
    vi.advanceTimersByTime(3000);
    return [one, two] as const;
  }

  test.each([
    ['the roles of the rules', [true, false]],
    ['both controlling: one gives way', [true, true]],
    ['both controlled: one takes over', [false, false]],
  ] as const)('%s', (_name, roles) => {
    const [one, two] = connectTwo([...roles]);
    expect(one.told).toEqual(['1 198.51.100.7:30001', 'connected']);
    expect(two.told).toEqual(['1 192.0.2.1:30001', 'connected']);
    expect(one.agent.checkpoint.controlling).not.toBe(two.agent.checkpoint.controlling);
  });

  test('two components connect when both have a pair', () => {
    const [one, two] = connectTwo([true, false], 'full', 2);
    for (const { told } of [one, two]) {
      expect(told.at(-1)).toBe('connected');
      expect(told).toHaveLength(3);
    }
  });

  test('a lite agent only answers', () => {
    const [one, two] = connectTwo([true, false], 'lite');
    expect(one.told).toEqual(['1 198.51.100.7:30001', 'connected']);
    expect(two.told).toEqual(['1 192.0.2.1:30001', 'connected']);
    expect(two.requests()).toHaveLength(0);
  });

  test('consent is asked for all the time, and sending ends when it is not given any more (RFC 7675)', () => {
    const [one, two] = connectTwo([true, false]);
    const before = one.requests().length;
    for (let ms = 0; ms < 60_000; ms += 250) {
      vi.advanceTimersByTime(250);
      one.agent.tick();
      two.agent.tick();
    }
    expect(one.requests().length - before).toBeGreaterThanOrEqual(10);
    expect(one.requests().length - before).toBeLessThanOrEqual(15);
    expect(one.told).not.toContain('lost');
    two.onSend = null;
    for (let ms = 0; ms < 40_000; ms += 250) {
      vi.advanceTimersByTime(250);
      one.agent.tick();
    }
    expect(one.told.at(-1)).toBe('lost');
    expect(one.agent.connected).toBe(false);
    // Once.
    one.agent.tick();
    expect(one.told.filter((word) => word === 'lost')).toHaveLength(1);
  });
});

test('a place that is in no description is learnt from its check (peer-reflexive), and checked at once', () => {
  const under = new Under({ candidates: [] });
  under.agent.start();
  under.check('203.0.113.9:1234', { useCandidate: true });
  vi.advanceTimersByTime(50);
  const [request] = under.requests();
  expect(request.to).toBe('203.0.113.9:1234');
  expect(under.told).toEqual([]);
  expect(under.agent.isPeer(1, '203.0.113.9', 1234)).toBe(false);
  under.answer(request);
  expect(under.told).toEqual(['1 203.0.113.9:1234', 'connected']);
  expect(under.agent.isPeer(1, '203.0.113.9', 1234)).toBe(true);
});

test('an answer from elsewhere, or with another password, proves nothing', () => {
  const under = new Under();
  under.agent.start();
  under.check('198.51.100.7:40000', { useCandidate: true });
  vi.advanceTimersByTime(50);
  under.answer(under.requests()[0], '203.0.113.9:1');
  under.check('198.51.100.7:40000', { useCandidate: true });
  vi.advanceTimersByTime(50);
  under.answer(under.requests()[1], undefined, 'another-password-of-22');
  expect(under.told).toEqual([]);
});

test('the highest of several nominated pairs is taken; a later one only when the first has gone quiet', () => {
  const low = { ...candidate('203.0.113.1', 1), priority: 10 };
  const high = { ...candidate('203.0.113.2', 2), priority: 20 };
  const under = new Under({ candidates: [low, high] });
  under.onSend = (sent) => {
    if (parseStun(sent.bytes)?.class === 'request') setTimeout(() => under.answer(sent), 1);
  };
  under.agent.start();
  vi.advanceTimersByTime(300);
  under.check('203.0.113.1:1', { useCandidate: true });
  under.check('203.0.113.2:2', { useCandidate: true });
  under.check('203.0.113.1:1', { useCandidate: true });
  expect(under.told).toEqual(['1 203.0.113.1:1', 'connected', '1 203.0.113.2:2']);
  vi.advanceTimersByTime(4000);
  under.check('203.0.113.1:1', { useCandidate: true });
  expect(under.told.at(-1)).toBe('1 203.0.113.1:1');
});

test('between two lite ends nobody checks: the best candidate is it', () => {
  const candidates = [{ ...candidate('203.0.113.1', 1), priority: 10 }, candidate('203.0.113.2', 2)];
  const under = new Under({ mode: 'lite', peerIsLite: true, candidates });
  under.agent.start();
  expect(under.told).toEqual(['1 203.0.113.2:2', 'connected']);
  expect(under.sent).toHaveLength(0);
});

describe('who does not know the password', () => {
  test.each([
    ['another password', {}, 'wrong-password-of-22-chars', 401],
    ['another user', { username: 'x:y' }, ours.pwd, 401],
    ['a user without a colon', { username: 'ours' }, ours.pwd, 401],
  ] as const)('%s: %3$i, counted, nothing learnt', (_name, content, password, code) => {
    const under = new Under({ candidates: [] });
    under.agent.start();
    under.check('203.0.113.9:1', { ...content, useCandidate: true }, password);
    vi.advanceTimersByTime(500);
    expect(under.sent).toHaveLength(1);
    expect(parseStun(under.sent[0].bytes)?.errorCode).toBe(code);
    expect(under.agent.dropped).toBe(1);
    expect(under.told).toEqual([]);
  });

  test('a flood gets a handful of answers, and costs no memory', () => {
    const under = new Under({ candidates: [] });
    under.agent.start();
    for (let port = 1; port <= 5000; port++) under.check(`203.0.113.9:${port}`, {}, 'wrong');
    expect(under.sent.length).toBeLessThanOrEqual(5);
    expect(under.agent.dropped).toBe(5000);
    // The next tick allows some again.
    under.agent.tick();
    under.check('203.0.113.9:1', {}, 'wrong');
    expect(under.sent.length).toBeLessThanOrEqual(6);
  });

  test('even the peer can’t make us keep more than a hundred places', () => {
    const under = new Under({ candidates: [] });
    under.agent.start();
    for (let port = 1; port <= 1000; port++) under.check(`203.0.113.9:${port}`);
    vi.advanceTimersByTime(20_000);
    expect(new Set(under.requests().map(({ to }) => to)).size).toBeLessThanOrEqual(100);
  });
});

test('a check that gets no answer is repeated, more and more slowly, and given up', () => {
  const under = new Under();
  under.agent.start();
  vi.advanceTimersByTime(60_000);
  expect(under.requests()).toHaveLength(5);
  expect(new Set(under.requests().map(({ bytes }) => bytes.toString('hex'))).size).toBe(1);
});

test('once connected, other checks are still repeated, however often the agent is ticked', () => {
  const under = new Under({
    candidates: [candidate('203.0.113.1', 1), candidate('203.0.113.2', 2)],
    // No timer of a process keeps exact time: what is due is seen by whoever looks first.
    now: () => 1.01 * performance.now(),
  });
  under.onSend = (sent) => {
    if (sent.to === '203.0.113.1:1' && parseStun(sent.bytes)?.class === 'request') under.answer(sent);
  };
  under.agent.start();
  vi.advanceTimersByTime(150);
  under.check('203.0.113.1:1', { useCandidate: true });
  expect(under.told).toContain('connected');
  for (let ms = 0; ms < 20_000; ms += 10) {
    vi.advanceTimersByTime(10);
    under.agent.tick();
  }
  expect(under.requests().filter(({ to }) => to === '203.0.113.2:2')).toHaveLength(5);
});

test('nothing is sent after close, whoever checks', () => {
  const under = new Under();
  under.agent.start();
  vi.advanceTimersByTime(100);
  under.agent.close();
  const before = under.sent.length;
  under.check('203.0.113.9:1234', { useCandidate: true });
  vi.advanceTimersByTime(10_000);
  expect(under.sent).toHaveLength(before);
});

test('who has lost consent gets it back by no check from elsewhere (RFC 7675 §5.1)', () => {
  const under = new Under();
  under.onSend = (sent) => {
    if (parseStun(sent.bytes)?.class === 'request') setTimeout(() => under.answer(sent), 1);
  };
  under.agent.start();
  under.check('198.51.100.7:40000', { useCandidate: true });
  vi.advanceTimersByTime(200);
  const answering = under.onSend;
  under.onSend = null;
  for (let ms = 0; ms < 40_000; ms += 250) {
    vi.advanceTimersByTime(250);
    under.agent.tick();
  }
  expect(under.told.at(-1)).toBe('lost');
  under.onSend = answering;
  under.check('203.0.113.9:1234', { useCandidate: true });
  vi.advanceTimersByTime(1000);
  expect(under.told.at(-1)).toBe('lost');
});
