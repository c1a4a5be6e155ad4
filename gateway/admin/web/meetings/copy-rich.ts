/**
 * Puts HTML and its plain text on the clipboard; false: the browser refused. `navigator.clipboard.write` would clean the
 * HTML under this page's content policy and so drop its inline styles, which mail programs need.
 */
export function copyRich(html: string, text: string): boolean {
  const put = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/html', html);
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', put);
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above: nothing else copies HTML as it is
    return document.execCommand('copy');
  } finally {
    document.removeEventListener('copy', put);
  }
}
