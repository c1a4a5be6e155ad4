import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { readiness } from '../admin/schemas.ts';
import { nearAddress } from '../config/outside.ts';
import type { Config } from '../config/schema.ts';
import { parentOf, withDescendants } from './proc.ts';

export type Parts = z.infer<typeof readiness>['parts'];

/** A gateway that runs with this configuration, by its HTTP port. */
export interface RunningGateway {
  readonly parts: Parts;
  /** Of its process and all that it started; null: not known here. */
  readonly pids: ReadonlySet<number> | null;
  /** Of the process itself. */
  readonly pid: number | null;
  /** A request to its API with the admin token; throws where it is not answered with 2xx, with what the answer said. */
  api(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: object | null,
    signal: AbortSignal,
  ): Promise<unknown>;
}

const askMs = 3_000;
const problem = z.object({ detail: z.string().optional(), title: z.string().optional() });

/** Null: nobody answers there as a gateway does. */
export async function findGateway(config: Config): Promise<RunningGateway | null> {
  const ready = await ask(config, {
    method: 'GET',
    path: '/readyz',
    signal: AbortSignal.timeout(askMs),
  }).catch(() => null);
  const { data } = readiness.safeParse(ready?.body);
  if (!data) return null;
  // Its own children; a media host's processes are another machine's.
  const own = data.parts.media.filter(({ embedded }) => embedded).map(({ pid }) => pid);
  const child = [...own, data.parts.sip.pid].find((pid) => pid !== null) ?? null;
  const pid = child === null ? null : parentOf(child);
  return {
    parts: data.parts,
    pid,
    pids: pid === null ? null : withDescendants(pid),
    async api(method, path, body, signal) {
      const token = adminToken(config);
      if (token === null)
        throw new Error(`the admin token in ${config.dataFolder} can’t be read by this user`);
      const answer = await ask(config, { method, path: `/api/v1${path}`, body, token, signal });
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const said = problem.safeParse(answer.body).data;
      throw new Error(
        `HTTP ${answer.status} to ${method} ${path}: ${said?.detail ?? said?.title ?? 'no reason'}`,
      );
    },
  };
}

/** Read only: whoever looks makes none. */
function adminToken({ adminToken: configured, dataFolder }: Config): string | null {
  if (configured !== '') return configured;
  try {
    return readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();
  } catch {
    return null;
  }
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: object | null;
  readonly token?: string;
  readonly signal: AbortSignal;
}

function ask(config: Config, request: Request): Promise<{ status: number; body: unknown }> {
  const secure = config.http.tlsCert !== '';
  const body = request.body ? JSON.stringify(request.body) : '';
  const options = {
    host: nearAddress(config.host),
    port: config.http.port,
    method: request.method,
    path: request.path,
    signal: request.signal,
    // The certificate is for a name that others call it by; this is the machine's own address.
    ...(secure && { rejectUnauthorized: false }),
    headers: {
      ...(request.token !== undefined && { authorization: `Bearer ${request.token}` }),
      ...(body !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  };
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
