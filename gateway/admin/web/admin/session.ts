/** Who is signed in, in this tab: the admin token, and the name that the audit log gets. */
export interface Session {
  readonly token: string;
  /** Empty: the audit log says "admin". */
  readonly name: string;
}

const tokenKey = 'gateway.token';
const nameKey = 'gateway.admin';

const listeners = new Set<() => void>();
let session: Session | null = remembered();
let farewell: string | null = null;

export const currentSession = (): Session | null => session;

/** Why the last session ended by itself, in words; null: it did not. */
export const currentFarewell = (): string | null => farewell;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function signIn(next: Session): void {
  keep(() => {
    // Of this tab alone, and gone with it.
    sessionStorage.setItem(tokenKey, next.token);
    localStorage.setItem(nameKey, next.name);
  });
  change(next, null);
}

export function signOut(why: string | null): void {
  keep(() => sessionStorage.removeItem(tokenKey));
  change(null, why);
}

export function rememberedName(): string {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return '';
  }
}

function change(next: Session | null, why: string | null): void {
  session = next;
  farewell = why;
  for (const listener of listeners) listener();
}

function remembered(): Session | null {
  try {
    const token = sessionStorage.getItem(tokenKey);
    return token === null ? null : { token, name: rememberedName() };
  } catch {
    return null;
  }
}

// Storage can be switched off; then a reload asks again.
function keep(write: () => void): void {
  try {
    write();
  } catch {
    return;
  }
}
