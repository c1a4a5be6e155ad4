import { FfiRequest, livekitFfiRequest, LocalTrackMuteRequest } from '@livekit/rtc-ffi-bindings';
import type { LocalAudioTrack } from '@livekit/rtc-node';

/**
 * Mutes or unmutes our own track, for all to see. rtc-node has no method for it, though LiveKit's other clients on the
 * same native library do: the request goes to that library itself, past rtc-node.
 */
export function muteTrack(track: LocalAudioTrack, muted: boolean): void {
  const value = new LocalTrackMuteRequest({ trackHandle: track.ffi_handle.handle, mute: muted });
  livekitFfiRequest(new FfiRequest({ message: { case: 'localTrackMute', value } }).toBinary());
}
