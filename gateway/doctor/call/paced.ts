const frameMs = 20;

/** Calls for a frame every 20 ms, and catches up after a delay; returns what ends it. */
export function everyFrame(send: () => void): () => void {
  const beganMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; sent * frameMs <= performance.now() - beganMs; sent++) send();
  }, frameMs / 2);
  return () => clearInterval(timer);
}
