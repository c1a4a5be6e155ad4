import { EventEmitter } from 'node:events';
import type { Socket } from 'node:dgram';
import { expect } from 'vitest';
import type { PortPair } from '../../mcu/rtp/ports.ts';

/** A socket that goes nowhere. */
export class DeadSocket extends EventEmitter {
  sent = 0;

  send(packet: Buffer, port: number, address: string): void {
    expect(packet.length).toBeGreaterThan(0);
    expect(port).toBeGreaterThan(0);
    expect(address).toBe('127.0.0.1');
    this.sent++;
  }

  /** A datagram comes. */
  hear(datagram: Buffer, port: number): void {
    const from = { address: '127.0.0.1', port, family: 'IPv4', size: datagram.length };
    this.emit('message', datagram, from);
  }
}

export function deadPorts(): { rtp: DeadSocket; rtcp: DeadSocket; pair: PortPair } {
  const [rtp, rtcp] = [new DeadSocket(), new DeadSocket()];
  const pair: PortPair = {
    rtp: rtp as unknown as Socket,
    rtcp: rtcp as unknown as Socket,
    rtpPort: 2,
    rtcpPort: 3,
    close: () => undefined,
  };
  return { rtp, rtcp, pair };
}
