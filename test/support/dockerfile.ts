/** One instruction of a Dockerfile, with its continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** Its stages, each with the instructions after its FROM; `image` as the ARGs before the first FROM have it. */
export interface Stage {
  readonly image: string;
  readonly as: string | null;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(text: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const defaults = new Map<string, string>();
  for (const { name, words } of instructionsOf(text)) {
    if (name === 'FROM') {
      const [from, , as = null] = words.split(/\s+/);
      const image = from.replace(/\$\{(\w+)\}/g, (_all, arg: string) => defaults.get(arg) ?? '');
      stages.push({ image, as, instructions: [] });
    } else if (stages.length > 0) stages[stages.length - 1].instructions.push({ name, words });
    else if (name === 'ARG') defaults.set(words.split('=')[0], words.split('=')[1] ?? '');
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n/g, ' ');
  return [...lines.matchAll(/^([A-Z]+)\s+(.*)$/gm)].map(([, name, words]) => ({ name, words: words.trim() }));
}

/** What `.dockerignore` lets through, for one that begins with `*` and names exceptions. */
export function goesToBuilder(dockerignore: string, path: string): boolean {
  const exceptions = dockerignore
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  return exceptions.some((kept) => path === kept || path.startsWith(`${kept}/`));
}
