/** What devices send to keep a NAT's binding: line ends, or up to four blanks or zero bytes. */
export function isKeepAlive(bytes: Buffer): boolean {
  const ends = bytes.every((byte) => byte === 0x0d || byte === 0x0a);
  return ends || (bytes.length <= 4 && bytes.every((byte) => byte === 0x00 || byte === 0x20));
}
