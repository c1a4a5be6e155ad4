/** The contracts between the rooms of the house. Implementations meet only in `gateway.ts`. */
export type {
  AudioCodec,
  AudioFormat,
  CertificateFingerprint,
  HearSource,
  IceCandidate,
  IceCredentials,
  LegIce,
  LegMediaConfig,
  LegQuality,
  LegSecurity,
  LegStats,
  RoomAccess,
  RemoteIce,
  RoomParticipant,
  SrtpKeying,
  SrtpMasterKey,
  SrtpProfile,
  Log,
} from '../mcu/ports.ts';
export type * from './ports/legs.ts';
export type * from './ports/live-calls.ts';
export type * from './ports/media.ts';
export type * from './ports/meetings.ts';
export type * from './ports/parts.ts';
export type * from './ports/records.ts';
export type * from './ports/rooms.ts';
export type * from './ports/trunks.ts';
