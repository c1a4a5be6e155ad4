import { describe, expect, test } from 'vitest';
import { Responder } from '../../../../mcu/ice/responder.ts';
import { Role } from '../../../../mcu/ice/role.ts';
import { buildStun, parseStun } from '../../../../mcu/ice/stun.ts';
import type { StunMessage } from '../../../../mcu/ice/stun.ts';

const local = { ufrag: 'ours', pwd: 'our-password-of-22-characters' };
const id = '0123456789abcdef01234567';
type Content = Parameters<typeof buildStun>[2];

function request(content: Content, password = local.pwd): [message: StunMessage, bytes: Buffer] {
  const bytes = buildStun('request', id, { username: 'ours:peer', priority: 1, ...content }, password);
  const message = parseStun(bytes);
  if (!message) throw new Error('no STUN');
  return [message, bytes];
}

const [least, most] = [0n, 2n ** 64n - 1n];

describe('of two ends of which both want the same role', () => {
  test.each([
    ['both control, ours is larger: the peer gives way', true, { controlling: least }, false, true],
    ['both control, theirs is larger: we give way', true, { controlling: most }, true, false],
    ['neither does, ours is larger: we take over', false, { controlled: least }, true, true],
    ['neither does, theirs is larger: the peer takes over', false, { controlled: most }, false, false],
    ['there is no conflict', true, { controlled: most }, true, true],
  ] as const)('%s', (_name, controls, content, meets, controlling) => {
    const told: boolean[] = [];
    const role = new Role(controls, (now) => told.push(now));
    expect(role.meets(request(content)[0])).toBe(meets);
    expect(role.controlling).toBe(controlling);
    expect(told).toEqual(controls === controlling ? [] : [controlling]);
  });

  test('whoever is told so gives way once, with another number', () => {
    const told: boolean[] = [];
    const role = new Role(true, (now) => told.push(now));
    const { tieBreaker } = role;
    for (let answer = 0; answer < 3; answer++) role.refused(true);
    expect(told).toEqual([false]);
    expect(role.tieBreaker).not.toBe(tieBreaker);
  });
});

describe('a check is answered', () => {
  const asked = (role: Role | null, [message, bytes]: ReturnType<typeof request>, times = 1) => {
    const sent: (StunMessage | null)[] = [];
    const send = (_component: number, answer: Buffer) => void sent.push(parseStun(answer));
    const responder = new Responder({ local, remoteUfrag: 'peer', role, send });
    let served = false;
    for (let time = 0; time < times; time++)
      served = responder.answer(message, bytes, 1, '198.51.100.7', 40_000);
    return { served, sent, dropped: responder.dropped };
  };
  const controlled = () => new Role(false, () => undefined);

  test('where it came from', () => {
    const { served, sent } = asked(controlled(), request({ controlling: 5n }));
    expect([served, sent]).toMatchObject([true, [{ class: 'success', transactionId: id }]]);
  });

  test('with 487 in the wrong role, unless a lite agent is asked', () => {
    const conflict = request({ controlling: least });
    const { served, sent } = asked(new Role(true, () => undefined), conflict);
    expect([served, sent]).toMatchObject([false, [{ class: 'error', errorCode: 487 }]]);
    expect(asked(null, conflict).served).toBe(true);
  });

  test('by few errors where the password is wrong', () => {
    const { served, sent, dropped } = asked(controlled(), request({}, 'a-guess-of-22-characters'), 100);
    expect([served, sent.length, dropped]).toEqual([false, 5, 100]);
    for (const answer of sent) expect(answer).toMatchObject({ class: 'error', errorCode: 401 });
  });
});
