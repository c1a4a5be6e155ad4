/** Why the browser gave no microphone, in words, with what to do. */
export function microphoneTrouble(error: unknown): string {
  if (!window.isSecureContext) {
    return 'Your browser gives no microphone to a page without HTTPS. You can listen; call in by phone to talk.';
  }
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
      return 'The microphone is blocked for this page. Allow it in the address bar, then press Use microphone.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No microphone was found. Plug one in, then press Use microphone; until then you can listen.';
    case 'NotReadableError':
      return 'Another program uses the microphone. Close it, then press Use microphone.';
    default:
      return 'The microphone could not be opened. You can listen; press Use microphone to try again.';
  }
}
