import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from '@jest/globals';

/**
 * Something that some tests need and that a machine may not have: a program, a running server, a folder.
 *
 * `found` is what the probe found (a path, a version, an address); `missing` says in one sentence what was
 * looked for and how to get it.
 */
export type Capability<T> = { readonly name: string } & Probed<T>;

export type Probed<T> = { readonly found: T } | { readonly missing: string };

/** Looks once, when the test file is loaded. A probe that throws counts as missing, with its message as the reason. */
export function capability<T>(name: string, probe: () => Probed<T>): Capability<T> {
  try {
    return { name, ...probe() };
  } catch (error) {
    return { name, missing: `looking for it failed: ${String(error)}` };
  }
}

/**
 * Like `describe`, for a suite that needs a capability. The suite's body receives what was found.
 *
 * Where it is missing, one skipped test stands for the suite and the reason is printed to standard error.
 * With `TOCSIN_REQUIRE=all` in the environment nothing is optional: the suite fails instead.
 */
export function describeWith<T>(needed: Capability<T>, title: string, body: (found: T) => void): void {
  if ('found' in needed) {
    describe(title, () => body(needed.found));
    return;
  }
  const reason = `needs ${needed.name}: ${needed.missing}`;
  describe(title, () => {
    if (process.env.TOCSIN_REQUIRE === 'all') {
      test(reason, () => {
        throw new Error(`"${title}" ${reason}. TOCSIN_REQUIRE=all allows no suite to be left out.`);
      });
    } else {
      process.stderr.write(`\nNOT RUN  "${title}" ${reason}\n\n`);
      test.skip(reason, () => {});
    }
  });
}

/**
 * A program on the PATH that can be started. What is found is the first line it prints.
 *
 * @param args what makes it print something and end at once, such as `--version`
 */
export function program(name: string, args: readonly string[] = ['--version']): Capability<string> {
  return capability(name, () => {
    const run = spawnSync(name, args, { encoding: 'utf8', timeout: 30_000 });
    if (run.error !== undefined) return { missing: `"${name}" could not be started (${run.error.message})` };
    if (run.status !== 0) return { missing: `"${name} ${args.join(' ')}" ended with status ${run.status}` };
    return { found: `${run.stdout}${run.stderr}`.trim().split('\n', 1)[0] ?? '' };
  });
}

/**
 * A file or folder of the shared test data: real logs, behaviour sheets and conformance cases that are no part
 * of the project. They lie beside the repository in `../shared`, or where `TOCSIN_SHARED_DATA` points.
 * What is found is the absolute path.
 */
export function sharedData(path = '.'): Capability<string> {
  return capability(`shared data (${path})`, () => {
    const wanted = resolve(process.env.TOCSIN_SHARED_DATA ?? '../shared', path);
    return existsSync(wanted)
      ? { found: wanted }
      : { missing: `"${wanted}" does not exist; set TOCSIN_SHARED_DATA to the folder that holds it` };
  });
}
