import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../../gateway/folders.ts';
import { shippedText } from '../../support/compose-file.ts';
import { goesToBuilder, readDockerfile } from '../../support/dockerfile.ts';

const dockerignore = shippedText('.dockerignore');
const stages = readDockerfile(shippedText('deploy/images/gateway.Dockerfile'));
const last = stages[stages.length - 1];
const all = stages.flatMap(({ instructions }) => instructions);
const wordsOf = (name: string) =>
  last.instructions.filter((one) => one.name === name).map(({ words }) => words);

describe('the gateway’s image', () => {
  it('has of the tools that build it none', () => {
    expect(stages.length).toBeGreaterThan(1);
    const installs = all.filter(({ words }) => words.startsWith('npm ')).map(({ words }) => words);
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toMatch(/^npm ci .*--ignore-scripts/);
    expect(installs[1]).toContain('--omit=dev');
    const copied = wordsOf('COPY').filter((words) => words.includes('node_modules'));
    expect(copied).toEqual(['--from=packages /app/node_modules node_modules']);
  });

  it('stands on one version of a Node that package.json takes', () => {
    const { engines } = JSON.parse(shippedText('package.json')) as { engines: { node: string } };
    const oldest = /^>=(\d+)\.(\d+)$/.exec(engines.node);
    for (const { image } of stages) {
      const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-bookworm-slim$/.exec(image) ?? [];
      expect(Number(major) * 1000 + Number(minor), image).toBeGreaterThanOrEqual(
        Number(oldest?.[1]) * 1000 + Number(oldest?.[2]),
      );
    }
  });

  it('runs as nobody in particular, under an init, and says how it is', () => {
    expect(wordsOf('USER')).toEqual(['10001:10001']);
    expect(wordsOf('ENTRYPOINT').join()).toMatch(/^\["\/usr\/bin\/tini", "--", "node"/);
    expect(wordsOf('HEALTHCHECK').join()).toContain('CMD');
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
