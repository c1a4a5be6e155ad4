import { acceptedBodies } from './body.ts';

/** Methods that we take; in an OPTIONS answer, a 405 and the 200 to an INVITE (RFC 3261 §20.5). */
export const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO';

/** Extensions that we take in a Require (RFC 3261 §20.32); all others get 420. */
export const supportedExtensions: readonly string[] = ['100rel', 'timer'];

/** What we can do, for the 200 to INVITE (RFC 3261 §13.3.1.4). */
export const capabilities: Readonly<Record<string, string>> = {
  Allow: allow,
  Accept: acceptedBodies,
  Supported: supportedExtensions.join(', '),
};

/** … and to OPTIONS (RFC 3261 §11.2). Reasons and warnings are in English. */
export const allCapabilities: Readonly<Record<string, string>> = {
  ...capabilities,
  'Accept-Encoding': 'identity',
  'Accept-Language': 'en',
};

/** Tokens of a comma-separated header field. */
export function tokens(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** Extensions in a Require that we don't have (RFC 3261 §8.2.2.3). */
export function unsupportedExtensions(require: string | undefined): string[] {
  return tokens(require).filter((extension) => !supportedExtensions.includes(extension.toLowerCase()));
}
