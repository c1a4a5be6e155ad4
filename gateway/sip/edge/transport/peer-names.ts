import { isIP } from 'node:net';
import { ipv6Groups } from './addresses.ts';

/**
 * What a certificate says that its holder is, RFC 5922 §7.1: the domains of its `sip:` URIs, and only without any
 * its DNS names; IP addresses besides. In lower case. The common name counts for nothing, nor does a wildcard
 * (§7.2).
 * @param alternativeNames `subjectaltname` as Node.js gives it: `DNS:a.example, URI:sip:a.example`.
 */
export function certifiedNames(alternativeNames: string | undefined): string[] {
  const names = splitNames(alternativeNames ?? '');
  const of = (type: string): string[] =>
    names.filter((name) => name.startsWith(type)).map((name) => name.slice(type.length).toLowerCase());
  const sip = of('URI:').flatMap(sipDomain);
  const domains = sip.length > 0 ? sip : of('DNS:').filter((name) => !name.includes('*'));
  return [...new Set([...domains, ...of('IP Address:')])].filter((name) =>
    /^[a-z0-9._:-]{1,255}$/.test(name),
  );
}

/** Whether one of the names is the domain that a URI was resolved from. */
export function certifies(names: readonly string[], domain: string): boolean {
  return names.includes(canonical(domain));
}

/** Names without their final dot, IPv6 as OpenSSL writes it: eight groups without leading zeros. */
function canonical(domain: string): string {
  const name = domain.toLowerCase();
  if (isIP(name) !== 6) return name.replace(/\.$/, '');
  return ipv6Groups(name)
    .map((group) => group.toString(16))
    .join(':');
}

/** RFC 5922 §7.1: a URI with a user part names a person, not a domain. */
function sipDomain(uri: string): string[] {
  const domain = /^sips?:([a-z0-9.-]+)(?::\d+)?$/.exec(uri)?.[1];
  return domain === undefined ? [] : [domain];
}

/** Node.js quotes what could be taken for another name. */
function splitNames(text: string): string[] {
  const names: string[] = [];
  let name = '';
  for (let at = 0; at < text.length;) {
    const quoted = text[at] === '"' ? /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at))?.[0] : undefined;
    if (quoted !== undefined) {
      name += String(JSON.parse(quoted));
      at += quoted.length;
    } else if (text.startsWith(', ', at)) {
      names.push(name);
      name = '';
      at += 2;
    } else {
      name += text[at] ?? '';
      at += 1;
    }
  }
  return name === '' ? names : [...names, name];
}
