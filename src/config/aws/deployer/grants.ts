import { DETECTOR } from './detector.js';
import type { Grant, Kind } from './grant.js';
import { alias, key } from './keys.js';
import type { Made } from './made.js';
import { MESSAGES } from './messages.js';
import { ROLES } from './roles.js';
import { STORAGE } from './storage.js';
import { WATCHING } from './watching.js';

/** Every type of resource that the stacks make. */
export const KINDS: Readonly<Record<string, Kind>> = {
  aws_kms_alias: alias,
  aws_kms_key: key,
  ...DETECTOR,
  ...MESSAGES,
  ...ROLES,
  ...STORAGE,
  ...WATCHING,
};

/** @throws Error for a type that no kind is written for */
export function grantsFor(made: Made): readonly Grant[] {
  const kind = KINDS[made.type];
  if (kind === undefined)
    throw new Error(`Nothing says what deploying ${made.type} takes; src/config/aws/deployer has to.`);
  return kind(made).filter(({ actions }) => actions.length > 0);
}
