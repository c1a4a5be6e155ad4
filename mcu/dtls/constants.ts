/** Numbers of DTLS 1.2 (RFC 6347, RFC 5246, RFC 8422) that are used here. */

/** DTLS counts its versions downwards. */
export const dtls12 = 0xfefd;
export const dtls10 = 0xfeff;

export const contentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

export const handshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export const extensionType = {
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** RFC 5246 §7.2. */
export const alertCodes = {
  close_notify: 0,
  unexpected_message: 10,
  handshake_failure: 40,
  bad_certificate: 42,
  illegal_parameter: 47,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  internal_error: 80,
  user_canceled: 90,
  no_renegotiation: 100,
} as const;

export type AlertName = keyof typeof alertCodes;

/** For people; a number that has no name here stays a number. */
export function alertName(code: number): string {
  return Object.entries(alertCodes).find(([, value]) => value === code)?.[0] ?? `alert ${code}`;
}

/** The peer did what it must not: its handshake ends with this alert. */
export class DtlsAlert extends Error {
  readonly alert: AlertName;

  constructor(alert: AlertName, message: string) {
    super(message);
    this.name = 'DtlsAlert';
    this.alert = alert;
  }
}
