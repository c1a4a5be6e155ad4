import { useEffect, useState } from 'react';
import { LinkIcon } from './icons.tsx';

/** Puts a text on the clipboard and says so. Without a clipboard (plain HTTP) it isn't there. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  if (!window.isSecureContext) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" className="quiet" onClick={copy}>
      <LinkIcon />
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </button>
  );
}
