// @ts-check
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The licence texts of the packages that went into a bundle: their licences ask for a copy wherever the code
 * is handed on, and the published package carries the code without the packages.
 *
 * @param {string} root folder that holds node_modules
 * @param {string[]} inputs the files bundled, relative to root (keys of esbuild's `metafile.inputs`)
 * @returns {Promise<string>} one section a package, sorted by name
 */
export async function thirdPartyNotices(root, inputs) {
  const folders = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []);
  const sections = await Promise.all([...new Set(folders)].map((folder) => section(join(root, folder))));
  return sections.sort().join('\n');
}

/** @param {string} folder */
async function section(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return `${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;
}
