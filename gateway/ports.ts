/** The contracts between the rooms of the house. Implementations meet only in `gateway.ts`. */
export type * from '../mcu/ports/direction.ts';
export type { RoomAccess, RoomParticipant } from '../mcu/ports/links.ts';
export type { Log } from '../mcu/ports/log.ts';
export type * from '../mcu/ports/media.ts';
export type { LayoutName, OwnPicture, PictureStatus, Screen, ViewerLook } from '../mcu/ports/pictures.ts';
export type * from '../mcu/ports/quality.ts';
export type * from '../mcu/ports/security.ts';
export type * from '../mcu/ports/video.ts';
export type * from './ports/legs.ts';
export type * from './ports/live-calls.ts';
export type * from './ports/media.ts';
export type * from './ports/meetings.ts';
export type * from './ports/mixing.ts';
export type * from './ports/parts.ts';
export type * from './ports/policies.ts';
export type * from './ports/records.ts';
export type * from './ports/rooms.ts';
export type * from './ports/trunks.ts';
