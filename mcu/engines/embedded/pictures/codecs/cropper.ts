import { Filter, FilterGraph } from 'node-av/lib';
import type { FilterContext } from 'node-av/lib';
import { MediaError } from '../../../../errors.ts';
import type { Area } from '../../../../compositor/scene.ts';
import { must, newFrame, referTo } from './av.ts';
import type { Frame } from './av.ts';

interface Graph {
  /** Of what it was made for: pictures of one shape, one part of them. */
  readonly key: string;
  readonly graph: FilterGraph;
  readonly source: FilterContext;
  readonly sink: FilterContext;
}

/**
 * A part of a picture as a picture of its own, in the same memory: FFmpeg's crop filter moves its pointers. 4 µs, and
 * 0.6 ms for the first of a shape.
 */
export class Cropper {
  #graph: Graph | null = null;

  /** `area`: within the picture, even. The caller frees what it gets. Throws what FFmpeg refuses. */
  crop(picture: Frame, area: Area): Frame {
    const { source, sink } = this.#graphFor(picture, area);
    const whole = referTo(picture);
    const part = newFrame();
    try {
      // Takes what the reference refers to.
      must(source.buffersrcAddFrameSync(whole), 'a picture can not be cropped');
      must(sink.buffersinkGetFrameSync(part), 'a cropped picture can not be taken');
      // A filter knows but one.
      part.colorSpace = picture.colorSpace;
      part.colorRange = picture.colorRange;
      return part;
    } catch (error) {
      part.free();
      // It may hold a picture that would come out instead of the next one.
      this.close();
      throw error;
    } finally {
      whole.free();
    }
  }

  close(): void {
    this.#graph?.graph.free();
    this.#graph = null;
  }

  #graphFor({ width, height, format }: Frame, area: Area): Graph {
    const from = `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/90000`;
    const to = `${area.width}:${area.height}:${area.x}:${area.y}:exact=1`;
    const key = `${from} ${to}`;
    if (this.#graph?.key === key) return this.#graph;
    this.close();
    const graph = new FilterGraph();
    graph.alloc();
    try {
      const source = filterIn(graph, 'buffer', from);
      const crop = filterIn(graph, 'crop', to);
      const sink = filterIn(graph, 'buffersink', null);
      must(source.link(0, crop, 0), 'filters can not be linked');
      must(crop.link(0, sink, 0), 'filters can not be linked');
      must(graph.configSync(), 'filters can not be set up');
      return (this.#graph = { key, graph, source, sink });
    } catch (error) {
      graph.free();
      throw error;
    }
  }
}

function filterIn(graph: FilterGraph, name: string, settings: string | null): FilterContext {
  const filter = Filter.getByName(name);
  const context = filter && graph.createFilter(filter, name, settings);
  if (!context) throw new MediaError('CODEC_UNAVAILABLE', `This build of FFmpeg has no filter “${name}”.`);
  return context;
}
