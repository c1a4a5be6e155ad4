/**
 * The part of drachtio-fsmrf 4.1.2 that the gateway uses, typed as it behaves. This is the only file that touches
 * the library, which has no types of its own.
 */
import type { Socket } from 'node:net';
import library from 'drachtio-fsmrf';
import type { EdgeCaller } from './edge-caller.ts';

export interface EslEvent {
  getHeader(name: string): string | undefined;
  getBody(): string;
}

export interface EslConnection {
  readonly socket: Socket | null;
  api(command: string, done: (answer: EslEvent) => void): void;
  subscribe(events: readonly string[]): void;
  on(event: string, listener: (event: EslEvent) => void): void;
  removeAllListeners(event?: string): void;
}

export interface LibraryEndpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  readonly conn: EslConnection | null;
  readonly dialog: { destroy(options: object, done: () => void): void };
  on(event: 'destroy', listener: (facts?: { reason?: string }) => void): void;
  join(
    name: string,
    options: { profile: string; flags: Readonly<Record<string, boolean>> },
    done: (error: unknown) => void,
  ): void;
}

export interface LibraryServer {
  readonly conn: EslConnection;
  readonly fsVersion?: string;
  api(command: string, done: (body: string) => void): void;
  createEndpoint(
    options: { remoteSdp: string; headers: Readonly<Record<string, string>> },
    done: (error: unknown, endpoint?: LibraryEndpoint) => void,
  ): void;
  on(event: 'end', listener: () => void): void;
  disconnect(): void;
}

interface Library {
  new (srf: EdgeCaller): {
    connect(options: object, done: (error: unknown, server?: LibraryServer) => void): void;
  };
}

export const Mrf = library as Library;

/** It writes each command in two pieces: with Nagle's algorithm each takes 40 ms. */
export function noDelay(conn: EslConnection): void {
  conn.socket?.setNoDelay(true);
}

/** 0: it is not there. */
export function headerNumber(event: EslEvent, name: string): number {
  const number = Number(event.getHeader(name));
  return Number.isFinite(number) ? number : 0;
}
