import { describe, expect, it } from 'vitest';
import type { RoomParticipant } from '../../../../gateway/ports.ts';
import { companyOf, isHost } from '../../../../gateway/rooms/company.ts';

const someone = (
  identity: string,
  kind: RoomParticipant['kind'],
  attributes: Record<string, string> = {},
): RoomParticipant => ({ sid: `PA_${identity}`, identity, name: identity, kind, attributes, own: false });

describe('a meeting that waits for its host', () => {
  it('is opened by a host’s PIN, on the phone or on the page', () => {
    expect(isHost(someone('sip_1', 'sip', { 'gateway.role': 'host' }))).toBe(true);
    expect(isHost(someone('web_1', 'standard', { 'gateway.role': 'host' }))).toBe(true);
  });

  it('is opened by an app that tells no hosts from guests', () => {
    expect(isHost(someone('app', 'standard'))).toBe(true);
  });

  it('is opened by no guest, by no other caller, and by no agent', () => {
    expect(isHost(someone('web_2', 'standard', { 'gateway.role': 'guest' }))).toBe(false);
    expect(isHost(someone('sip_2', 'sip'))).toBe(false);
    expect(isHost(someone('bot', 'agent'))).toBe(false);
  });
});

it('a caller’s company is everybody but itself', () => {
  const people = [someone('sip_1', 'sip', { 'gateway.role': 'host' }), someone('sip_2', 'sip')];
  expect(companyOf(people, 'sip_1')).toEqual({ others: 1, hostPresent: false });
  expect(companyOf(people, null)).toEqual({ others: 2, hostPresent: true });
  expect(companyOf([], 'sip_1')).toEqual({ others: 0, hostPresent: false });
});
