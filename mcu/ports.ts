/**
 * The mixing tier's contracts. At every seam media is RTP (decrypted, each stream in its own codec):
 * a leg is RTP, a room participant is RTP, an engine takes RTP members and gives each one RTP back.
 */
export type * from './ports/direction.ts';
export type * from './ports/engine.ts';
export type * from './ports/links.ts';
export type * from './ports/log.ts';
export type * from './ports/media.ts';
export type * from './ports/pictures.ts';
export type * from './ports/quality.ts';
export type * from './ports/security.ts';
export type * from './ports/status.ts';
export type * from './ports/video.ts';
