/** How a leg's media is encrypted, as offer/answer settles it. All of it can travel as JSON. */

/** Crypto suites by their SDES names (RFC 4568 §6.2, RFC 6188 §6, RFC 7714 §14.2). */
export type SrtpProfile =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_192_CM_HMAC_SHA1_80'
  | 'AES_192_CM_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** What may be left out of the protection (RFC 4568 §6.3); default: nothing is. */
export interface SrtpExemptions {
  /** RTP payloads go in the clear, authenticated. */
  readonly unencryptedRtp?: boolean;
  readonly unencryptedRtcp?: boolean;
  /** RTP goes without a tag; never with an AEAD suite (RFC 7714 §14.2). */
  readonly unauthenticatedRtp?: boolean;
}

/** A master key as SDES writes it (RFC 4568 §6.1). */
export interface SrtpMasterKey {
  /** Base64 of the key and the salt behind it. */
  readonly inline: string;
  /** Master key identifier that its packets carry, in hex; absent: none. */
  readonly mki?: string;
}

/** One direction's protection. */
export interface SrtpKeying extends SrtpExemptions {
  readonly profile: SrtpProfile;
  /** At least one. The first is sent with; the peer may use any, told apart by their MKI. */
  readonly keys: readonly SrtpMasterKey[];
}

/** A certificate's fingerprint (RFC 8122 §5). */
export interface CertificateFingerprint {
  /** As in SDP, in lower case: `sha-256`. */
  readonly hash: string;
  /** Upper-case hex, colons between the octets. */
  readonly value: string;
}

export type LegSecurity =
  | { readonly kind: 'sdes'; readonly send: SrtpKeying; readonly receive: SrtpKeying }
  | {
      readonly kind: 'dtls';
      /** Our part (RFC 4145 §4): `active` sends the ClientHello. */
      readonly setup: 'active' | 'passive';
      /** The peer's certificate has one of these. */
      readonly fingerprints: readonly CertificateFingerprint[];
      /** The peer's `a=tls-id` (RFC 8842 §4): another one is another association. */
      readonly tlsId?: string;
    };

/** RFC 8839 §5.4. */
export interface IceCredentials {
  /** 4–256 ice-chars. */
  readonly ufrag: string;
  /** 22–256 ice-chars. */
  readonly pwd: string;
}

/** RFC 8445 §5.1. */
export interface IceCandidate {
  /** 1: RTP, and RTCP where they share a port; 2: RTCP. */
  readonly component: number;
  readonly foundation: string;
  /** 32 bits. */
  readonly priority: number;
  /** An IP literal. */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
}

/** The peer's ICE (RFC 8839). */
export interface RemoteIce extends IceCredentials {
  /** It only answers checks (RFC 8445 §2.5). */
  readonly lite: boolean;
  readonly candidates: readonly IceCandidate[];
}

/** A leg's ICE session; other credentials at either end are another session (RFC 8445 §9). */
export interface LegIce {
  readonly local: IceCredentials;
  readonly remote: RemoteIce;
  /** RFC 8445 §6.1.1. */
  readonly controlling: boolean;
}

/** Where a leg's video is received. */
export interface LegVideoPorts {
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/** What a node tells of an open leg, for our SDP. */
export interface LegLocal {
  /** Where the peer reaches us. */
  readonly address: string;
  /** All addresses of ours that it may be told, of each family one at most; absent: the gateway's are ours. */
  readonly announced?: readonly string[];
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** Its video's ports; absent: this leg has none. */
  readonly video?: LegVideoPorts;
  /** Of our certificate; absent: this node does no DTLS. */
  readonly fingerprints?: readonly CertificateFingerprint[];
  /** Whether our end checks, or only answers (RFC 8445 §2.5); absent: this node does no ICE. */
  readonly ice?: 'full' | 'lite';
}
