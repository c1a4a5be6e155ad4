import type { Srv } from './dns.ts';

/** RFC 2782: by priority, and within one by a lot that weight favours. `random`: from 0 up to, not including, 1. */
export function orderSrv(records: readonly Srv[], random: () => number = Math.random): Srv[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.flatMap((wanted) =>
    drawAll(
      records.filter(({ priority }) => priority === wanted),
      random,
    ),
  );
}

function drawAll(records: readonly Srv[], random: () => number): Srv[] {
  // Those without weight come first, so that they have a small chance.
  const left = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const drawn: Srv[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    const lot = Math.floor(random() * (sum + 1));
    let running = 0;
    const index = left.findIndex(({ weight }) => (running += weight) >= lot);
    drawn.push(...left.splice(index, 1));
  }
  return drawn;
}
