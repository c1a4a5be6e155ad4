import { randomInt } from 'node:crypto';

/** Lengths of the PINs that are made; 6 to 8 digits. A host's is longer, since it opens more. */
export interface PinLengths {
  readonly host: number;
  readonly guest: number;
}

export const defaultPinLengths: PinLengths = { host: 8, guest: 6 };

/** What a typed PIN may be at all; whatever else is typed names no meeting. */
export function isPinShaped(text: string): boolean {
  return /^[0-9]{4,12}$/.test(text);
}

/** A random PIN that is not simple, of so many digits. */
export function makePin(length: number): string {
  for (;;) {
    const pin = String(randomInt(10 ** length)).padStart(length, '0');
    if (!isSimplePin(pin)) return pin;
  }
}

/** PINs that people try first: few different digits, sequences, repeated groups, mirrored ones, dates. */
export function isSimplePin(pin: string): boolean {
  const digits = Array.from(pin, Number);
  return (
    new Set(digits).size < 3 ||
    longestRun(digits, 0) >= 4 ||
    longestRun(digits, 1) >= 4 ||
    longestRun(digits, -1) >= 4 ||
    isRepeatedGroup(pin) ||
    pin === Array.from(pin).reverse().join('') ||
    isDate(pin)
  );
}

/** Longest row of digits in which each is the one before plus `step`; 9 goes on to 0. */
function longestRun(digits: readonly number[], step: number): number {
  let longest = 1;
  let run = 1;
  for (let i = 1; i < digits.length; i++) {
    run = digits[i] === (digits[i - 1] + step + 10) % 10 ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** `123123`, `484848`. */
function isRepeatedGroup(pin: string): boolean {
  return (pin + pin).indexOf(pin, 1) < pin.length;
}

/** DDMMYY, MMDDYY, YYMMDD, and with years from 1900 to 2099 the same in eight digits. */
function isDate(pin: string): boolean {
  const day = '(0[1-9]|[12][0-9]|3[01])';
  const month = '(0[1-9]|1[0-2])';
  const year = pin.length === 8 ? '(19|20)[0-9]{2}' : '[0-9]{2}';
  if (pin.length !== 6 && pin.length !== 8) return false;
  return new RegExp(`^(${day}${month}${year}|${month}${day}${year}|${year}${month}${day})$`).test(pin);
}
