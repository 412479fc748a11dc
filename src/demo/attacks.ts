import type { JsonObject } from '../../detector/rule.js';
import type { Attack } from './attack.js';
import { LONGEST_ATTACK_MINUTES } from './attack.js';
import { awsAttacks } from './attacks-aws.js';
import { azureDirectoryAttacks } from './attacks-azure-directory.js';
import { azureResourceAttacks } from './attacks-azure-resources.js';
import { gcpAttacks } from './attacks-gcp.js';
import { later } from './event.js';
import { createRandom } from './random.js';

export type { Attack } from './attack.js';

/** Every story that the sample logs tell, and with it the alerts that a detector run over them should raise. */
export const attacks: readonly Attack[] = [
  ...awsAttacks,
  ...azureDirectoryAttacks,
  ...azureResourceAttacks,
  ...gcpAttacks,
];

/** A record of an attack. */
export interface PlantedEvent {
  readonly attack: Attack;
  readonly record: JsonObject;
}

/** The records of all attacks, which begin at even distances and end within the sample's `hours`. */
export function plantAttacks(options: {
  readonly seed: number;
  readonly start: Date;
  readonly hours: number;
}): readonly PlantedEvent[] {
  const room = options.hours * 3600 - LONGEST_ATTACK_MINUTES * 60;
  return attacks.flatMap((attack, index) => {
    const at = later(options.start, (room * (index + 1)) / (attacks.length + 1));
    const rng = createRandom(options.seed, `attack/${attack.name}`);
    return attack.events(rng, at).map((record) => ({ attack, record }));
  });
}
