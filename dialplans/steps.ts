/** Work that may be done in steps, by who has nothing else to do. */
export function runToEnd<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
