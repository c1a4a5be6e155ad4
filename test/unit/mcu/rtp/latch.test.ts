import { beforeEach, expect, test } from 'vitest';
import { Latch } from '../../../../mcu/rtp/latch.ts';

let latch: Latch;

beforeEach(() => {
  latch = new Latch();
  latch.expect('192.0.2.1', 4000);
});

test('sends to the address in SDP until something is heard', () => {
  expect([latch.address, latch.port]).toEqual(['192.0.2.1', 4000]);
});

test('answers to where packets come from', () => {
  expect(latch.accept('198.51.100.7', 61_000, 1, 0)).toBe(true);
  expect([latch.address, latch.port]).toEqual(['198.51.100.7', 61_000]);
});

test('hears no stranger while the peer speaks', () => {
  latch.accept('198.51.100.7', 61_000, 1, 0);
  for (let ms = 20; ms < 2000; ms += 20) {
    expect(latch.accept('198.51.100.7', 61_000, 1, ms)).toBe(true);
    expect(latch.accept('203.0.113.9', 5000, 1, ms)).toBe(false);
  }
});

test('the address in SDP beats whoever came first', () => {
  latch.accept('203.0.113.9', 5000, 9, 0);
  expect(latch.accept('192.0.2.1', 4000, 1, 10)).toBe(true);
  expect(latch.accept('203.0.113.9', 5000, 9, 20)).toBe(false);
});

test('follows the same SSRC to another port when the old one is quiet', () => {
  latch.accept('192.0.2.1', 4000, 1, 0);
  const results = [300, 320, 340, 360, 380].map((ms) => latch.accept('192.0.2.1', 4002, 1, ms));
  expect(results).toEqual([false, false, false, false, true]);
  expect(latch.port).toBe(4002);
});

test('never follows another SSRC, nor two that alternate', () => {
  latch.accept('192.0.2.1', 4000, 1, 0);
  for (let ms = 300; ms < 3000; ms += 20) {
    expect(latch.accept('203.0.113.9', 5000, 2, ms)).toBe(false);
    expect(latch.accept('203.0.113.9', ms % 40 ? 5002 : 5004, 1, ms)).toBe(false);
  }
});

test('a new address in SDP starts over, the same one keeps what was learnt', () => {
  latch.accept('198.51.100.7', 61_000, 1, 0);
  latch.expect('192.0.2.1', 4000);
  expect(latch.port).toBe(61_000);
  latch.expect('192.0.2.1', 4010);
  expect(latch.port).toBe(4010);
  expect(latch.peer).toBeNull();
});
