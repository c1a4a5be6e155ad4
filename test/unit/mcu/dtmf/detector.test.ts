import { beforeEach, expect, test } from 'vitest';
import { DigitDetector } from '../../../../mcu/dtmf/detector.ts';

let nowMs = 0;
let detector: DigitDetector;
let told = '';

beforeEach(() => {
  nowMs = 0;
  told = '';
  detector = new DigitDetector(() => nowMs);
});

interface Event {
  event: number;
  timestamp: number;
  duration: number;
  end?: boolean;
  marker?: boolean;
  volume?: number;
}

function send({ event, timestamp, duration, end = false, marker = false, volume = 10 }: Event): void {
  const payload = Buffer.from([event, (end ? 0x80 : 0) | volume, duration >> 8, duration & 0xff]);
  told += detector.take(payload, 0, 4, timestamp >>> 0, marker) ?? '';
}

/** A press of 100 ms with its three ends. */
function press(event: number, timestamp: number): void {
  for (let duration = 160; duration <= 640; duration += 160)
    send({ event, timestamp, duration, marker: duration === 160 });
  for (let i = 0; i < 3; i++) send({ event, timestamp, duration: 800, end: true });
}

test('a press is told once, at its first packet', () => {
  send({ event: 5, timestamp: 1000, duration: 160, marker: true });
  expect(told).toBe('5');
  press(5, 1000);
  expect(told).toBe('5');
});

test('all sixteen keys, also when the timestamps wrap', () => {
  for (let event = 0; event < 16; event++) {
    nowMs += 200;
    press(event, 0xffff_e000 + event * 1600);
  }
  expect(told).toBe('0123456789*#ABCD');
});

test('the same key twice is two presses, even when all ends of the first are lost', () => {
  send({ event: 1, timestamp: 1000, duration: 160, marker: true });
  send({ event: 1, timestamp: 1000, duration: 320 });
  send({ event: 1, timestamp: 3000, duration: 160, marker: true });
  expect(told).toBe('11');
});

test('a press whose only packets are ends counts, one whose marker is lost too', () => {
  send({ event: 7, timestamp: 1000, duration: 800, end: true });
  send({ event: 7, timestamp: 1000, duration: 800, end: true });
  send({ event: 7, timestamp: 4000, duration: 320 });
  expect(told).toBe('77');
});

test('packets that come late or twice count nothing', () => {
  press(1, 1000);
  press(2, 3000);
  press(1, 1000);
  expect(told).toBe('12');
});

test('a press beyond 8 s goes on in segments (RFC 4733 §2.5.1.3)', () => {
  send({ event: 3, timestamp: 1000, duration: 160, marker: true });
  send({ event: 3, timestamp: 1000, duration: 65_535 });
  send({ event: 3, timestamp: 1000 + 65_535, duration: 160 });
  send({ event: 3, timestamp: 1000 + 65_535, duration: 320, end: true });
  expect(told).toBe('3');
});

test('a device that moves the timestamp within a press is understood', () => {
  for (let i = 0; i < 5; i++)
    send({ event: 4, timestamp: 1000 + i * 160, duration: 160 * (i + 1), marker: i === 0 });
  send({ event: 4, timestamp: 1640, duration: 800, end: true });
  expect(told).toBe('4');
});

test('the volume says nothing about the press; other events are no keys', () => {
  send({ event: 9, timestamp: 1000, duration: 160, volume: 63 });
  send({ event: 16, timestamp: 3000, duration: 160 });
  send({ event: 255, timestamp: 5000, duration: 160 });
  expect(told).toBe('9');
});

test('a flood is cut off and counted; a person goes on afterwards', () => {
  for (let i = 0; i < 500; i++) send({ event: i % 10, timestamp: i * 400, duration: 160, marker: true });
  expect(told.length).toBe(32);
  expect(detector.floods).toBe(468);
  nowMs += 1000;
  press(1, 400_000);
  expect(told.length).toBe(33);
});

test('a stream that begins anew starts over', () => {
  press(1, 900_000);
  press(2, 1000);
  expect(told).toBe('12');
  detector.reset();
  press(2, 500);
  expect(told).toBe('122');
});

test('a payload that is too short is counted', () => {
  expect(detector.take(Buffer.from([1, 2, 3]), 0, 3, 1, true)).toBeNull();
  expect(detector.malformed).toBe(1);
});
