import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { DtlsAlert } from './constants.ts';

/** Named groups (RFC 8422 §5.1.1) in our order. */
const groups = [
  { id: 29, name: 'x25519' },
  { id: 23, name: 'prime256v1' },
  { id: 24, name: 'secp384r1' },
] as const;

export const groupIds: readonly number[] = groups.map(({ id }) => id);

/** The DER of an X25519 public key (RFC 8410 §4) without its 32 octets. */
const x25519Prefix = Buffer.from('302a300506032b656e032100', 'hex');

/** One use of ephemeral Diffie-Hellman. */
export interface KeyShare {
  readonly publicKey: Buffer;
  /** The premaster secret. Throws illegal_parameter for a point that is none. */
  agree(peerKey: Buffer): Buffer;
}

/** Throws illegal_parameter for a group that we don't have. */
export function makeKeyShare(group: number): KeyShare {
  const name = groups.find(({ id }) => id === group)?.name;
  if (name === undefined) throw new DtlsAlert('illegal_parameter', `The group ${group} was not offered.`);
  if (name === 'x25519') return x25519Share();
  const ecdh = createECDH(name);
  const publicKey = ecdh.generateKeys();
  return { publicKey, agree: (peerKey) => checked(() => ecdh.computeSecret(peerKey)) };
}

function x25519Share(): KeyShare {
  const own = generateKeyPairSync('x25519');
  const publicKey = own.publicKey.export({ type: 'spki', format: 'der' }).subarray(x25519Prefix.length);
  return {
    publicKey,
    agree: (peerKey) =>
      checked(() => {
        const der = Buffer.concat([x25519Prefix, peerKey]);
        const peer = createPublicKey({ key: der, format: 'der', type: 'spki' });
        return diffieHellman({ privateKey: own.privateKey, publicKey: peer });
      }),
  };
}

/** OpenSSL refuses points off the curve and results of zero (RFC 7748 §6.1). */
function checked(agree: () => Buffer): Buffer {
  try {
    return agree();
  } catch (error) {
    throw new DtlsAlert(
      'illegal_parameter',
      `The peer's key can't be used: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
