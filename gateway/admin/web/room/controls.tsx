import { useEffect, useState } from 'react';
import { LeaveIcon, MicIcon, MicOffIcon } from '../icons.tsx';
import type { RoomSession, SessionView } from './session.ts';

/** Mute, choice of microphone, leave. */
export function Controls({ session, view }: { session: RoomSession; view: SessionView }) {
  return (
    <footer className="controls" aria-label="Controls">
      <MuteButton session={session} microphone={view.microphone} />
      {view.microphone !== 'none' && view.microphone !== 'starting' && <DeviceChoice session={session} />}
      <button type="button" className="leave" onClick={() => void session.leave()}>
        <LeaveIcon />
        Leave
      </button>
    </footer>
  );
}

function MuteButton({
  session,
  microphone,
}: {
  session: RoomSession;
  microphone: SessionView['microphone'];
}) {
  if (microphone === 'none') {
    return (
      <button type="button" className="mute off" onClick={() => void session.setMuted(false)}>
        <MicOffIcon />
        Use microphone
      </button>
    );
  }
  const muted = microphone === 'muted';
  return (
    <button
      type="button"
      className={muted ? 'mute off' : 'mute'}
      disabled={microphone === 'starting'}
      title="Key: M"
      onClick={() => void session.setMuted(!muted)}
    >
      {muted ? <MicOffIcon /> : <MicIcon />}
      {muted ? 'Unmute' : 'Mute'}
    </button>
  );
}

/** Only where there is a choice. Names of devices are known once the microphone was allowed. */
function DeviceChoice({ session }: { session: RoomSession }) {
  const devices = useMicrophones();
  if (devices.length < 2) return null;
  return (
    <label className="devices">
      <span className="unseen">Microphone</span>
      <select onChange={(event) => void session.useMicrophone(event.target.value)}>
        {devices.map((device) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label === '' ? 'Microphone' : device.label}
          </option>
        ))}
      </select>
    </label>
  );
}

function useMicrophones(): readonly MediaDeviceInfo[] {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    let gone = false;
    const look = (): void => {
      navigator.mediaDevices.enumerateDevices().then(
        (all) => gone || setDevices(all.filter((device) => device.kind === 'audioinput')),
        () => gone || setDevices([]),
      );
    };
    look();
    navigator.mediaDevices.addEventListener('devicechange', look);
    return () => {
      gone = true;
      navigator.mediaDevices.removeEventListener('devicechange', look);
    };
  }, []);
  return devices;
}
