import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { projectFolder } from '../../gateway/folders.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** What our tests look at of a service; other keys are there too. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target?: string };
  readonly user?: string;
  readonly network_mode?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

/** The files that ship, from the project's folder. */
export const composeFiles = {
  main: 'docker-compose.yml',
  overrides: ['deploy/compose.https.yml', 'deploy/compose.sip-tls.yml', 'deploy/compose.media-node-tls.yml'],
} as const;

export function shippedText(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

/** As it is written: variables are still there. */
export function writtenCompose(path: string = composeFiles.main): ComposeFile {
  return parse(shippedText(path), { merge: true }) as ComposeFile;
}

/** With its variables filled in, and overrides laid over it, as the compose tool does (`config` says the same). */
export function filledCompose(variables: Variables, overrides: readonly string[] = []): ComposeFile {
  const main = filled(writtenCompose(), variables) as ComposeFile;
  const services = { ...main.services };
  for (const path of overrides) {
    const over = filled(writtenCompose(path), variables) as ComposeFile;
    for (const [name, service] of Object.entries(over.services))
      services[name] = laidOver(services[name], service);
  }
  return { ...main, services };
}

/** Maps grow, mounts are added, anything else is replaced. */
function laidOver(under: ComposeService, over: ComposeService): ComposeService {
  return {
    ...under,
    ...over,
    environment: { ...under.environment, ...over.environment },
    volumes: [...(under.volumes ?? []), ...(over.volumes ?? [])],
  };
}

/** A service's command line as the container gets it, in one list. */
export function commandLine({ entrypoint = [], command = [] }: ComposeService): string[] {
  return [...entrypoint, ...command].map((part) => part.replaceAll('$$', '$'));
}

/** As a process gets it: YAML reads a port as a number. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
}

export function readEnvFile(text: string): Variables {
  return parseEnv(text);
}

/** Names of all variables that a file asks for. */
export function variablesIn(text: string): Set<string> {
  return new Set([...text.matchAll(variable)].map((match) => match[1]));
}

/** `${NAME:?why}` and `${NAME:-default}`; `$${…}` is left to the container. */
const variable = /(?<!\$)\$\{([A-Z_]+)(?::([?-])([^}]*))?\}/g;

function filled(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return fillText(value, variables);
  if (Array.isArray(value)) return value.map((item) => filled(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, variables)]));
}

function fillText(text: string, variables: Variables): string {
  return text.replace(variable, (_all, name: string, kind: string | undefined, words: string | undefined) => {
    const value = variables[name] ?? '';
    if (value !== '') return value;
    if (kind === '?') throw new Error(`${name} is missing: ${words ?? ''}`);
    return words ?? '';
  });
}
