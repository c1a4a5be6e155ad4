/**
 * Noto Sans, which has a face for nearly every script, as the fontsource packages bring it: cut into some 370 files by
 * script and, for Chinese, Japanese and Korean, by how often a character is used. A file is loaded when a text needs it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';

/** The first that has a character draws it. */
const packages = ['noto-sans', 'noto-sans-arabic', 'noto-sans-hebrew', 'noto-sans-thai'] as const;
/** The same character looks different in these languages, so their order depends on the text. */
const eastAsian = ['noto-sans-sc', 'noto-sans-jp', 'noto-sans-kr'] as const;

type FontPackage = (typeof packages)[number] | (typeof eastAsian)[number];

interface Face {
  /** What it is registered as. Faces of one name would hide each other. */
  readonly family: string;
  readonly file: string;
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [number, number])[];
  loaded: boolean;
}

/** Code points beyond have no face. */
const codePoints = 0x32000;

export class Fonts {
  readonly #faces: ReadonlyMap<FontPackage, readonly Face[]>;
  readonly #chinese: Coverage;
  readonly #japanese: Coverage;
  readonly #korean: Coverage;

  /** Reads what each file has. Throws when the font packages are missing. */
  constructor() {
    this.#faces = new Map([...packages, ...eastAsian].map((name) => [name, facesOf(name)]));
    this.#chinese = this.#coverage('noto-sans-sc', 'noto-sans-jp', 'noto-sans-kr');
    this.#japanese = this.#coverage('noto-sans-jp', 'noto-sans-sc', 'noto-sans-kr');
    this.#korean = this.#coverage('noto-sans-kr', 'noto-sans-sc', 'noto-sans-jp');
  }

  /** The families that a text needs, as the `font` of a canvas wants them. */
  families(text: string): string {
    const coverage = this.#coverageFor(text);
    const faces = new Set<Face>();
    for (const character of text) {
      const face = coverage.face(character);
      if (face) faces.add(face);
    }
    for (const face of faces) load(face);
    // Latin has joiners and dots that other scripts need in their own face: it comes last.
    const families = [...faces].reverse().map(({ family }) => `"${family}"`);
    return [...families, 'sans-serif'].join(', ');
  }

  /** Whether one of the faces has it. */
  covers(character: string): boolean {
    return this.#chinese.face(character) !== undefined;
  }

  #coverage(...order: readonly (typeof eastAsian)[number][]): Coverage {
    return new Coverage([...packages, ...order].flatMap((name) => this.#faces.get(name) ?? []));
  }

  #coverageFor(text: string): Coverage {
    if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return this.#japanese;
    return /\p{Script=Hangul}/u.test(text) ? this.#korean : this.#chinese;
  }
}

/** Which face draws a character: the first that has it. */
class Coverage {
  readonly #faces: readonly Face[];
  /** By code point: a face's index and 1. */
  readonly #table = new Uint16Array(codePoints);

  constructor(faces: readonly Face[]) {
    this.#faces = faces;
    for (let index = faces.length - 1; index >= 0; index--)
      for (const [first, last] of faces[index].ranges) this.#table.fill(index + 1, first, last + 1);
  }

  face(character: string): Face | undefined {
    const code = character.codePointAt(0) ?? 0;
    const index = code < codePoints ? this.#table[code] : 0;
    return index > 0 ? this.#faces[index - 1] : undefined;
  }
}

function facesOf(name: FontPackage): readonly Face[] {
  const require = createRequire(import.meta.url);
  const index = require.resolve(`@fontsource-variable/${name}/unicode.json`);
  const subsets = Object.entries(JSON.parse(readFileSync(index, 'utf8')) as Record<string, string>);
  return subsets.map(([subset, ranges]) => {
    const id = `${name}-${subset.replace(/[[\]]/g, '')}`;
    const file = require.resolve(`@fontsource-variable/${name}/files/${id}-wght-normal.woff2`);
    return { family: id, file, ranges: ranges.split(',').map(parseRange), loaded: false };
  });
}

/** As CSS writes them: `U+4E00-4EFF`, `U+4E00`. */
function parseRange(text: string): readonly [number, number] {
  const [first, last = first] = text.replace('U+', '').split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}

function load(face: Face): void {
  if (face.loaded) return;
  face.loaded = true;
  GlobalFonts.registerFromPath(face.file, face.family);
}
