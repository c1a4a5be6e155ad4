/** Stand-ins for cameras and a shared screen: flat colours, so that pictures of them are small files. */
import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { toI420 } from '../support/i420.ts';

const rooms = [
  ['#5b7089', '#d9a441', '#2f3e52'],
  ['#8a7a66', '#4f8a8b', '#54432f'],
  ['#6d7f6a', '#c06c5b', '#3b4a38'],
  ['#7d6a86', '#e0b38a', '#463850'],
  ['#56808c', '#b5536b', '#2d4a54'],
  ['#8c8360', '#5c6fb0', '#524b32'],
] as const;

/** Somebody in a room, a little different for each index. */
export function camera(index: number, width = 640, height = 360): I420 {
  const [wall, shirt, shade] = rooms[index % rooms.length];
  return draw(width, height, (context) => {
    context.fillStyle = wall;
    context.fillRect(0, 0, width, height);
    context.fillStyle = shade;
    context.fillRect(width * ((0.08 + index * 0.17) % 0.8), height * 0.12, width * 0.16, height * 0.45);
    context.fillRect(0, height * 0.86, width, height * 0.14);
    const size = Math.min(width, height);
    const [x, y] = [width / 2 + size * (((index * 37) % 20) - 10) * 0.008, height * 0.47];
    context.fillStyle = shirt;
    context.beginPath();
    context.ellipse(x, y + size * 0.62, size * 0.36, size * 0.42, 0, Math.PI, 0);
    context.fill();
    context.fillStyle = ['#e8bf9e', '#b98560', '#8a5a3c', '#f0cfb4'][index % 4];
    context.beginPath();
    context.ellipse(x, y, size * 0.15, size * 0.19, 0, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = ['#2b2320', '#5a3a22', '#1d1d22', '#8b6b3f', '#777'][index % 5];
    context.beginPath();
    context.ellipse(x, y - size * 0.07, size * 0.16, size * 0.15, 0, Math.PI, 0);
    context.fill();
  });
}

export function sharedScreen(width = 1280, height = 720): I420 {
  return draw(width, height, (context) => {
    context.fillStyle = '#f7f8fa';
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#24408e';
    context.fillRect(0, 0, width, height * 0.14);
    [0.35, 0.55, 0.48, 0.72, 0.9].forEach((share, i) => {
      context.fillStyle = i === 4 ? '#d9822b' : '#8aa4d6';
      const full = height * 0.66;
      context.fillRect(width * (0.1 + i * 0.165), height * 0.92 - full * share, width * 0.12, full * share);
    });
    context.fillStyle = '#c6cbd4';
    context.fillRect(width * 0.07, height * 0.92, width * 0.86, 4);
  });
}

function draw(width: number, height: number, paint: (context: SKRSContext2D) => void): I420 {
  const context = createCanvas(width, height).getContext('2d');
  paint(context);
  return toI420(context.getImageData(0, 0, width, height));
}
