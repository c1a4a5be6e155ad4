/** SDP's direction as seen from us (RFC 3264 §5.1): what the gateway does with the stream. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
