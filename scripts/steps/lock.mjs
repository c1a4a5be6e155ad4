// One set-up at a time per folder: two `npm ci` or two builds in the same place would tear each other's files.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './process.mjs';

/** Runs `work` while holding the lock file; waits for whoever holds it, takes over from the dead. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  await acquire(path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function acquire(path) {
  let told = false;
  while (!tryTake(path)) {
    const owner = readOwner(path);
    if (owner !== null && !isAlive(owner)) {
      removeDead(path, owner);
      continue;
    }
    if (!told) say(`  another set-up (pid ${owner ?? 'unknown'}) is at work here, waiting for it`);
    told = true;
    await delay(200);
  }
}

/** The file appears with its content or not at all, so that nobody reads an owner that is half written. */
function tryTake(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function readOwner(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Between the look and the removal somebody else may have taken over: then their lock is put back. */
function removeDead(path, owner) {
  const moved = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, moved);
    if (readOwner(moved) !== owner) linkSync(moved, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(moved, { force: true });
  }
}
