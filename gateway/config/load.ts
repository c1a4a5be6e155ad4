import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { LineCounter, isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { GatewayError } from '../errors.ts';
import { drachtioProblems } from './drachtio.ts';
import { freeSwitchProblems } from './freeswitch.ts';
import { aliases, configKeys } from './keys.ts';
import type { ConfigKey } from './keys.ts';
import { mediaHostProblems } from './media-host.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';

/** The configuration can't be used; `message` has a line for each problem, with where it stands. */
export class ConfigError extends GatewayError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super({
      code: 'CONFIG_INVALID',
      httpStatus: 500,
      message: `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      remedy: 'Mend the named lines; gateway.yaml lists every key with its default.',
    });
    this.problems = problems;
  }
}

interface Sources {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder in which `gateway.yaml` is looked for when no `--config` names a file. */
  readonly folder: string;
}

type Tree = Record<string, unknown>;

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const part of path.slice(0, -1)) node = (node[part] ??= {}) as Tree;
  node[path[path.length - 1]] = value;
}

function coerce(key: ConfigKey, text: string, where: string, problems: string[]): unknown {
  if (key.type === 'number') {
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number)) return number;
    problems.push(`${where}: “${text}” is no number.`);
    return undefined;
  }
  if (key.type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    problems.push(`${where}: write true or false.`);
    return undefined;
  }
  if (key.type === 'list')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
}

function keyAt(path: string): ConfigKey | undefined {
  return configKeys.find((key) => key.path.join('.') === path);
}

function readFile(
  path: string,
  problems: string[],
): { tree: Tree; at: (path: readonly PropertyKey[]) => string } {
  const lines = new LineCounter();
  const document: Document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  for (const error of document.errors) problems.push(`${path}: ${error.message}`);
  const at = (keyPath: readonly PropertyKey[]): string => {
    for (let length = keyPath.length; length > 0; length--) {
      const parent = length === 1 ? document.contents : document.getIn(keyPath.slice(0, length - 1), true);
      const pair = isMap(parent)
        ? parent.items.find((item) => String(item.key) === String(keyPath[length - 1]))
        : undefined;
      const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
      if (range) {
        const { line, col } = lines.linePos(range[0]);
        return `${path}:${line}:${col}`;
      }
    }
    return path;
  };
  const value: unknown = document.errors.length === 0 ? document.toJS() : {};
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    problems.push(`${path}: expected keys and values.`);
    return { tree: {}, at };
  }
  return { tree: (value ?? {}) as Tree, at };
}

function applyEnvironment(
  tree: Tree,
  env: Sources['env'],
  said: Map<string, string>,
  problems: string[],
): void {
  const names = new Map<string, ConfigKey>(configKeys.map((key) => [key.env, key]));
  for (const [name, path] of Object.entries(aliases)) {
    const key = keyAt(path);
    if (key) names.set(name, key);
  }
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined) continue;
    const key = names.get(name);
    if (key) {
      // A key's own name wins over the alias that other programs read too.
      if (name in aliases && env[key.env] !== undefined) continue;
      setAt(tree, key.path, coerce(key, text, `environment ${name}`, problems));
      said.set(key.path.join('.'), `environment ${name}`);
    } else if (name.startsWith('GATEWAY_')) {
      problems.push(`environment ${name}: there is no such key.`);
    }
  }
}

/** Splits `--a.b value` and `--a.b=value`. */
function readArguments(argv: readonly string[], problems: string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const match = /^--([A-Za-z0-9.]+)(?:=(.*))?$/s.exec(argv[i]);
    if (!match) {
      problems.push(`option “${argv[i]}”: options look like --host 127.0.0.1`);
      continue;
    }
    const value = match.at(2) ?? argv.at(++i);
    if (value === undefined) problems.push(`option --${match[1]}: its value is missing.`);
    else options.set(match[1], value);
  }
  return options;
}

function applyArguments(
  tree: Tree,
  options: Map<string, string>,
  said: Map<string, string>,
  problems: string[],
): void {
  for (const [name, text] of options) {
    if (name === 'config') continue;
    const key = keyAt(name);
    if (!key) {
      problems.push(`option --${name}: there is no such key.`);
      continue;
    }
    setAt(tree, key.path, coerce(key, text, `option --${name}`, problems));
    said.set(name, `option --${name}`);
  }
}

/**
 * Reads `gateway.yaml`, then the environment, then the options; the later wins.
 * Throws `ConfigError` with every problem at once.
 */
export function loadConfig(sources: Sources): Config {
  const problems: string[] = [];
  const said = new Map<string, string>();
  const options = readArguments(sources.argv, problems);
  const named = options.get('config');
  const path = named ?? `${sources.folder}/gateway.yaml`;
  if (named !== undefined && !existsSync(named))
    throw new ConfigError([`option --config: there is no file “${named}”.`]);
  const file = existsSync(path) ? readFile(path, problems) : { tree: {}, at: () => path };
  applyEnvironment(file.tree, sources.env, said, problems);
  applyArguments(file.tree, options, said, problems);
  const parsed = configSchema.safeParse(file.tree);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys.map((name) => [...issue.path, name]))
          problems.push(`${file.at(key)}: ${key.join('.')}: there is no such key.`);
        continue;
      }
      const where = said.get(issue.path.join('.')) ?? file.at(issue.path);
      problems.push(`${where}: ${issue.path.join('.') || 'file'}: ${issue.message}`);
    }
    throw new ConfigError(problems);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return checked(parsed.data);
}

/** What no single key can say. */
function checked(config: Config): Config {
  const problems = [...drachtioProblems(config), ...freeSwitchProblems(config), ...mediaHostProblems(config)];
  const { livekit, media, http } = config;
  if (livekit.url !== '' && (livekit.apiKey === '' || livekit.apiSecret === ''))
    problems.push('livekit.url is set: set LIVEKIT_API_KEY and LIVEKIT_API_SECRET too.');
  if (media.rtpPortMax - media.rtpPortMin < 3)
    problems.push('media.rtpPortMax must be at least 3 above media.rtpPortMin.');
  if ((http.tlsCert === '') !== (http.tlsKey === ''))
    problems.push('http.tlsCert and http.tlsKey go together: set both.');
  for (const key of ['tlsCert', 'tlsKey'] as const)
    if (http[key] !== '' && !existsSync(http[key]))
      problems.push(`http.${key}: there is no file “${http[key]}”.`);
  const { tls } = config.sip;
  if ((tls.certificate === '') !== (tls.key === ''))
    problems.push('sip.tls.certificate and sip.tls.key go together: set both.');
  for (const key of ['certificate', 'key', 'ca'] as const)
    if (tls[key] !== '' && !existsSync(tls[key]))
      problems.push(`sip.tls.${key}: there is no file “${tls[key]}”.`);
  if (config.webhooks.ca !== '' && !existsSync(config.webhooks.ca))
    problems.push(`webhooks.ca: there is no file “${config.webhooks.ca}”.`);
  if (config.publicIpv6 !== '' && isIPv6(config.publicIp))
    problems.push('publicIp and publicIpv6 are both IPv6 addresses: publicIp is the IPv4 one then.');
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
