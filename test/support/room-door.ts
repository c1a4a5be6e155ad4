/** What lets somebody into a room, as the room page asks for it. */
export interface RoomPass {
  readonly url: string;
  readonly token: string;
}

/** Asks the gateway as the room page does. */
export async function passFor(httpUrl: string, room: string, name: string): Promise<RoomPass> {
  const response = await fetch(`${httpUrl}/api/v1/join/${room}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`the room's door answered ${response.status}`);
  return (await response.json()) as RoomPass;
}
