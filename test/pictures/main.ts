/**
 * Makes the pictures in docs/pictures, and many more in report/pictures to be looked at:
 * `node --import tsx test/pictures/main.ts`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Painter } from '../../mcu/compositor/painter/painter.ts';
import { compose } from '../support/compose-scene.ts';
import { toPng } from '../support/i420.ts';
import { pictures, sights } from './sights.ts';

const root = join(import.meta.dirname, '../..');
const report = join(root, 'report/pictures');
const docs = join(root, 'docs/pictures');
/** Of those in docs. */
const docsWidth = 640;

mkdirSync(report, { recursive: true });
mkdirSync(docs, { recursive: true });
const painter = new Painter();
for (const { name, scene, inDocs } of sights()) {
  const picture = compose(scene, painter, pictures);
  writeFileSync(join(report, `${name}.png`), toPng(picture, 1, scene.pixelAspect));
  if (inDocs) writeFileSync(join(docs, `${name}.png`), toPng(picture, docsWidth / scene.width));
}
console.log(`pictures are in ${report}`);
