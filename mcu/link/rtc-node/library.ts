/**
 * What rtc-node has no method for. This reaches past it: into the native library beneath, whose version rtc-node
 * names exactly, and to the emitter that it leaves in the global scope. Another version may have neither; both
 * are pinned, and a join then fails with a sentence that says so.
 */
import {
  FfiEvent,
  FfiRequest,
  livekitFfiRequest,
  livekitInitialize,
  LocalTrackMuteRequest,
} from '@livekit/rtc-ffi-bindings';
import type { LocalAudioTrack } from '@livekit/rtc-node';

/** Mutes or unmutes our own track, for all to see, as LiveKit's other clients on the same native library do. */
export function muteTrack(track: LocalAudioTrack, muted: boolean): void {
  const value = new LocalTrackMuteRequest({ trackHandle: track.ffi_handle.handle, mute: muted });
  livekitFfiRequest(new FfiRequest({ message: { case: 'localTrackMute', value } }).toBinary());
}

/** Sent to LiveKit with each join, as rtc-node would. */
export const rtcNodeVersion = '1.1.0';

let quiet = false;

/**
 * rtc-node asks for all log records of the native library and reads none: with thirty callers 17,000 a second come as
 * events, and each goes through each Room. This asks for none; the library then writes what RUST_LOG says.
 */
function silenceLibrary(): void {
  const client = globalThis._ffiClientInstance;
  if (quiet || client === undefined) return;
  quiet = true;
  livekitInitialize((event) => client.emit('ffi_event', FfiEvent.fromBinary(event)), false, rtcNodeVersion);
}

/**
 * Starts something that listens to the library's events, and gives the way to end that. A Room stops listening only
 * in `disconnect`, which does nothing once the SFU has ended the stay: it would stay in memory, and all later events
 * of the process, some hundred a second for each caller, would go through it.
 */
export function listening<T>(start: () => T): { readonly started: T; readonly stopListening: () => void } {
  const before = new Set(listeners());
  const started = start();
  silenceLibrary();
  const added = listeners().filter((listener) => !before.has(listener));
  if (added.length === 0)
    throw new Error('this version of @livekit/rtc-node keeps its events somewhere else');
  const stopListening = (): void => {
    for (const listener of added) globalThis._ffiClientInstance?.off('ffi_event', listener);
  };
  return { started, stopListening };
}

function listeners() {
  return globalThis._ffiClientInstance?.listeners('ffi_event') ?? [];
}
