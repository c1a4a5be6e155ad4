import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aliases, configKeys } from '../../../gateway/config/keys.ts';
import { loadConfig } from '../../../gateway/config/load.ts';
import { projectFolder } from '../../../gateway/folders.ts';
import { readSettings } from '../../../mcu/host/options.ts';
import {
  composeFiles,
  environmentOf,
  filledCompose,
  readEnvFile,
  shippedText,
  variablesIn,
  writtenCompose,
} from '../../support/compose-file.ts';
import type { ComposeService, Variables } from '../../support/compose-file.ts';
import { compose, missingForCompose } from '../../support/compose-tool.ts';
import { readDockerfile } from '../../support/dockerfile.ts';
import { freshEnvFolder } from '../../support/made-env.ts';
import { describeWith } from '../../support/needs.ts';

const everyFile = [composeFiles.main, ...composeFiles.overrides];
const written = writtenCompose();
const services = Object.entries(written.services);
const example = readEnvFile(shippedText('.env.example'));
/** What the overrides want beside `.env`. */
const overrideVariables = {
  ...{ HTTP_TLS_FOLDER: '/https', HTTP_NAME: 'gateway.example' },
  ...{ SIP_TLS_FOLDER: '/sip', MEDIA_HOST_TLS_FOLDER: '/media' },
};

let made: Variables;
beforeAll(() => {
  const folder = freshEnvFolder();
  folder.make('203.0.113.5');
  made = readEnvFile(folder.text());
  folder.remove();
});

describe('docker-compose.yml', () => {
  it('brings up all that an installation has', () => {
    expect(Object.keys(written.services)).toEqual(
      expect.arrayContaining([
        ...['gateway', 'media-node', 'drachtio', 'freeswitch', 'livekit', 'redis', 'postgres'],
      ]),
    );
  });

  it.each(services)('%s is an image of one version', (name, { image }) => {
    const tag = /^[a-z0-9./-]+:v?(\d+\.\d+(?:\.\d+)?(?:-[a-z0-9.]+)?)$/.exec(image ?? '')?.[1];
    expect(tag, `${name}: ${image ?? 'no image'}`).toBeDefined();
  });

  it.each([
    ['gateway', 'interop-gateway'],
    ['media-node', 'interop-media-node'],
  ])('builds our own image of %s under the version of package.json', (name, image) => {
    const { version } = JSON.parse(shippedText('package.json')) as { version: string };
    const dockerfile = shippedText('deploy/images/gateway.Dockerfile');
    expect(written.services[name]).toMatchObject({ image: `${image}:${version}`, build: { target: name } });
    expect(dockerfile).toContain(`${image}:${version}`);
    expect(readDockerfile(dockerfile).map(({ as }) => as)).toContain(name);
  });

  it.each(services)('%s says how it is, and is started again when it dies', (_name, service) => {
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(services)('%s may do no more than it must', (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.privileged).toBeUndefined();
    // The image of the gateway names its user itself.
    if (service.build === undefined) expect(service.user).toMatch(/^(?!root|0\b)/);
  });

  it.each(services)('%s publishes ports for this machine alone', (_name, { ports = [], network_mode }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    if (network_mode === 'host') expect(ports).toEqual([]);
  });

  it('waits for the health of what a service needs', () => {
    for (const [, { depends_on = {} }] of services)
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(written.services)).toContain(needed);
        expect(condition).toBe('service_healthy');
      }
  });

  it('mounts what there is', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    for (const source of sources) {
      if (source.startsWith('.')) expect(existsSync(join(projectFolder, source)), source).toBe(true);
      else expect(Object.keys(written.volumes ?? {})).toContain(source);
    }
  });
});

describe('what the compose files want to know', () => {
  it('is all in .env.example, or in the head of the override that wants it', () => {
    for (const path of everyFile) {
      const text = shippedText(path);
      const unsaid = [...variablesIn(text)].filter(
        (name) => !(name in example) && !text.includes(`#   ${name}=`) && !text.includes(`\${${name}:-`),
      );
      expect(unsaid, path).toEqual([]);
    }
  });

  it('has nothing in .env.example that nobody reads, and no secret', () => {
    const read = new Set(everyFile.flatMap((path) => [...variablesIn(shippedText(path))]));
    // Those of the compose tool itself begin so.
    const ours = Object.keys(example).filter((name) => !name.startsWith('COMPOSE_'));
    expect(ours.filter((name) => !read.has(name))).toEqual([]);
    for (const [name, value] of Object.entries(example))
      if (/SECRET|PASSWORD|TOKEN|KEY/.test(name)) expect(value, name).toBe('');
  });

  it('has every secret from outside, and refuses to go without', () => {
    const secrets = everyFile
      .flatMap((path) => Object.values(writtenCompose(path).services))
      .flatMap(secretsOf);
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) expect(secret).toMatch(/\$\{[A-Z_]+:\?[^}]+\}/);
    expect(() => filledCompose({})).toThrow('is missing');
  });
});

/** Values of what bears a secret by its name, and of addresses with a password. */
function secretsOf(service: ComposeService): string[] {
  return Object.entries(environmentOf(service))
    .filter(([name, value]) => /SECRET|PASSWORD|TOKEN|_KEYS?$|AUTH$/.test(name) || /:\/\/\w+:/.test(value))
    .filter(([name]) => !name.includes('TLS_KEY'))
    .map(([, value]) => value);
}

describe('the gateway’s environment', () => {
  it('has names only that the gateway reads', () => {
    const known = new Set([...configKeys.map(({ env }) => env), ...Object.keys(aliases)]);
    for (const overrides of [[], composeFiles.overrides]) {
      const { gateway } = filledCompose({ ...made, ...overrideVariables }, overrides).services;
      expect(Object.keys(environmentOf(gateway)).filter((name) => !known.has(name))).toEqual([]);
    }
    const set = readDockerfile(shippedText('deploy/images/gateway.Dockerfile'))
      .flatMap(({ instructions }) => instructions)
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ words }) => words.split(/\s+/).map((pair) => pair.split('=')[0]));
    expect(set.filter((name) => !known.has(name))).toEqual(['NODE_ENV']);
  });

  it('is a configuration that it takes', () => {
    const env = environmentOf(filledCompose(made).services.gateway);
    const config = loadConfig({ argv: [], env, folder: projectFolder });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      publicIp: '203.0.113.5',
      adminToken: made.ADMIN_TOKEN,
      livekit: { url: 'ws://127.0.0.1:7880', apiKey: made.LIVEKIT_API_KEY },
      database: { url: `postgres://gateway:${made.GATEWAY_DATABASE_PASSWORD ?? ''}@127.0.0.1:5432/gateway` },
    });
  });

  it('is one with a certificate too', () => {
    const { gateway } = filledCompose({ ...made, ...overrideVariables }, composeFiles.overrides).services;
    // Only in the container is there such a file.
    const files = { GATEWAY_HTTP_TLS_CERT: import.meta.filename, GATEWAY_HTTP_TLS_KEY: import.meta.filename };
    const env = { ...environmentOf(gateway), ...files };
    const config = loadConfig({ argv: [], env, folder: projectFolder });
    expect(config.livekit.browserUrl).toBe('wss://gateway.example:8080');
  });
});

describe('the media host’s environment', () => {
  it('is one that it takes, with and without a certificate', () => {
    for (const overrides of [[], composeFiles.overrides]) {
      const service = filledCompose({ ...made, ...overrideVariables }, overrides).services['media-node'];
      // Only in the container is there such a file.
      const files = overrides.length > 0 && {
        ...{ MEDIA_HOST_TLS_CERT: import.meta.filename, MEDIA_HOST_TLS_KEY: import.meta.filename },
      };
      expect(readSettings({ ...environmentOf(service), ...files })).toMatchObject({
        ...{ MEDIA_HOST_LISTEN: '127.0.0.1', MEDIA_HOST_PORT: 9030, PUBLIC_IP: '203.0.113.5' },
      });
    }
  });

  it('and the gateway’s lead to each other', () => {
    const { services } = filledCompose({
      ...made,
      ...{ MEDIA_HOST_URL: 'ws://10.0.0.5:9030', MEDIA_HOST_LIVEKIT_URL: 'ws://10.0.0.4:8080' },
    });
    const config = loadConfig({ argv: [], env: environmentOf(services.gateway), folder: projectFolder });
    const settings = readSettings(environmentOf(services['media-node']));
    expect(config.mediaHost).toMatchObject({
      ...{ url: 'ws://10.0.0.5:9030', secret: settings.MEDIA_HOST_SECRET, livekitUrl: 'ws://10.0.0.4:8080' },
    });
  });
});

describeWith(
  [missingForCompose],
  'the compose tool',
  () => {
    const noFile = ['--env-file', '/dev/null'];

    it.each([
      ['the file', []],
      ['the file with its overrides', composeFiles.overrides],
    ])('takes %s, and fills it in as these tests do', (_what, overrides) => {
      const everything = { COMPOSE_PROFILES: 'freeswitch,media-node' };
      const env = { ...strings(made), ...overrideVariables, ...everything };
      const files = [composeFiles.main, ...overrides].flatMap((path) => ['--file', path]);
      const { stdout, ...rest } = compose([...noFile, ...files, 'config', '--format', 'json'], env);
      expect(rest).toEqual({ exitCode: 0, stderr: '' });
      const told = (JSON.parse(stdout) as { services: Record<string, ComposeService> }).services;
      const ours = filledCompose({ ...made, ...overrideVariables }, overrides).services;
      expect(Object.keys(told).sort()).toEqual(Object.keys(ours).sort());
      for (const [name, service] of Object.entries(ours)) {
        const { command = null, image, volumes = [] } = service;
        expect(told[name], name).toMatchObject({ command, image, environment: environmentOf(service) });
        expect(told[name].volumes?.length ?? 0, name).toBe(volumes.length);
      }
    });

    it('says what is missing in an empty .env', () => {
      const { exitCode, stderr } = compose([...noFile, 'config', '--quiet'], strings(example));
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(/required variable [A-Z_]+ is missing a value: see \.env\.example/);
    });
  },
  { elective: true },
);

function strings(variables: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? '']));
}
