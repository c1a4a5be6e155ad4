/** Longest room name, in UTF-16 units. */
const maxRoomName = 128;

/** What makes a text unusable as a LiveKit room name, in words; null: nothing does. */
export function roomNameProblem(room: string): string | null {
  if (room.trim() === '') return 'the room name is empty';
  if (room.length > maxRoomName) return `the room name has more than ${maxRoomName} characters`;
  // Control characters, and halves of surrogate pairs, which no wire format carries.
  if (/[\p{Cc}\p{Cs}]/u.test(room)) return 'the room name holds control characters';
  return null;
}
