import { randomUUID } from 'node:crypto';
import type { Clock, Meeting, MeetingChange, MeetingDetails, NewMeeting } from '../ports.ts';
import { makeNumber } from './numbers.ts';
import { defaultPinLengths, makePin } from './pins.ts';
import type { PinLengths } from './pins.ts';

export interface MeetingMakerOptions {
  readonly clock: Clock;
  /** Digits of the PINs that are made for a tenant, and the least that others may have. */
  readonly pinLengths?: (tenant: string) => PinLengths;
  /** Of the numbers that are made. */
  readonly numberDigits?: number;
}

const plainDetails: Omit<MeetingDetails, 'room'> = {
  title: '',
  waitForHost: false,
  locked: false,
  schedule: null,
  maxParticipants: null,
  maxMinutes: null,
  language: null,
  brand: null,
};

/** Works out what meetings become; whether their keys are free the database says. */
export class MeetingMaker {
  readonly #clock: Clock;
  readonly #numberDigits: number;
  readonly pinLengths: (tenant: string) => PinLengths;

  constructor({ clock, pinLengths, numberDigits }: MeetingMakerOptions) {
    this.#clock = clock;
    this.#numberDigits = numberDigits ?? 7;
    this.pinLengths = pinLengths ?? (() => defaultPinLengths);
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  made({ tenant, pins, number, ...details }: NewMeeting): Meeting {
    const lengths = this.pinLengths(tenant);
    const now = this.#now();
    return {
      ...plainDetails,
      ...details,
      id: randomUUID(),
      tenant,
      number: number ?? makeNumber(this.#numberDigits),
      pins: {
        host: pins?.host ?? makePin(lengths.host),
        guest: pins?.guest === undefined ? makePin(lengths.guest) : pins.guest,
      },
      createdAt: now,
      changedAt: now,
      version: 1,
    };
  }

  changed(found: Meeting, change: MeetingChange): Meeting {
    const { number, pins, renew = [], ...details } = change;
    const lengths = this.pinLengths(found.tenant);
    return {
      ...found,
      ...details,
      number: number ?? found.number,
      pins: {
        host: pins?.host ?? (renew.includes('host') ? makePin(lengths.host) : found.pins.host),
        guest: guestPinOf(found, change, lengths),
      },
      changedAt: this.#now(),
      version: found.version + 1,
    };
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}

function guestPinOf(found: Meeting, { pins, renew = [] }: MeetingChange, lengths: PinLengths): string | null {
  if (pins?.guest !== undefined) return pins.guest;
  return renew.includes('guest') ? makePin(lengths.guest) : found.pins.guest;
}
