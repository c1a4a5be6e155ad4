import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../../gateway/folders.ts';
import { shippedText } from '../../support/compose-file.ts';
import { goesToBuilder, readDockerfile } from '../../support/dockerfile.ts';

const dockerignore = shippedText('.dockerignore');
const stages = readDockerfile(shippedText('deploy/images/gateway.Dockerfile'));
const all = stages.flatMap(({ instructions }) => instructions);
/** Of a stage, and of those that it stands on. */
const wordsOf = (stage: string, name: string): string[] =>
  stages
    .filter(({ as }) => as === stage || as === 'base')
    .flatMap(({ instructions }) => instructions.filter((one) => one.name === name))
    .map(({ words }) => words);

describe.each(['gateway', 'media-node'])('the image of %s', (stage) => {
  const words = (name: string) => wordsOf(stage, name);

  it('has what its program and its health check are made of', () => {
    const program = /"(dist\/[\w/]+\.js)"/.exec(words('ENTRYPOINT').join())?.[1] ?? '';
    const health = /"(deploy\/images\/[\w-]+\.mjs)"/.exec(words('HEALTHCHECK').join())?.[1] ?? '';
    expect(existsSync(join(projectFolder, program.replace('dist/', '').replace('.js', '.ts')))).toBe(true);
    const copied = words('COPY').join('\n');
    expect(copied).toContain(health.replace(/[^/]+$/, ''));
    expect(shippedText(health)).toContain('dist/');
    expect(copied).toMatch(stage === 'gateway' ? /app\/dist dist$/m : /app\/dist\/mcu dist\/mcu$/m);
  });

  it('has of the tools that build it none', () => {
    expect(stages.length).toBeGreaterThan(1);
    const installs = all.filter(({ words }) => words.startsWith('npm ')).map(({ words }) => words);
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toMatch(/^npm ci .*--ignore-scripts/);
    expect(installs[1]).toContain('--omit=dev');
    const copied = words('COPY').filter((one) => one.includes('node_modules'));
    expect(copied).toEqual(['--from=packages /app/node_modules node_modules']);
  });

  it('stands on one version of a Node that package.json takes', () => {
    const { engines } = JSON.parse(shippedText('package.json')) as { engines: { node: string } };
    const oldest = /^>=(\d+)\.(\d+)$/.exec(engines.node);
    const names = stages.map(({ as }) => as);
    for (const { image } of stages.filter((one) => !names.includes(one.image))) {
      const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-bookworm-slim$/.exec(image) ?? [];
      expect(Number(major) * 1000 + Number(minor), image).toBeGreaterThanOrEqual(
        Number(oldest?.[1]) * 1000 + Number(oldest?.[2]),
      );
    }
  });

  it('runs as nobody in particular, under an init, and says how it is', () => {
    expect(words('USER')).toEqual(['10001:10001']);
    expect(words('ENTRYPOINT').join()).toMatch(/^\["\/usr\/bin\/tini", "--", "node"/);
    expect(words('HEALTHCHECK').join()).toContain('CMD');
  });

  it('is made of what there is, and of nothing else', () => {
    for (const { name, words } of all) {
      if (name !== 'COPY' || words.startsWith('--from') || words === '. .') continue;
      for (const source of words.split(/\s+/).slice(0, -1)) {
        expect(existsSync(join(projectFolder, source)), source).toBe(true);
        expect(goesToBuilder(dockerignore, source), source).toBe(true);
      }
    }
    for (const private_ of ['.env', 'data', '.git', 'node_modules', 'dist', 'test', 'report'])
      expect(goesToBuilder(dockerignore, private_), private_).toBe(false);
    expect(dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*');
  });

  it('has no secret in it', () => {
    const settings = all.filter(({ name }) => name === 'ENV' || name === 'ARG').map(({ words }) => words);
    expect(settings.join(' ')).not.toMatch(/SECRET|PASSWORD|TOKEN|KEY/);
  });
});
