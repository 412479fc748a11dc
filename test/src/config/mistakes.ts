import { ConfigMistakesError, parseConfig, type Mistake } from '../../../src/config/load.js';

/** What does not fit in a `tocsin.yaml`; nothing where all of it does. */
export function mistakesIn(yaml: string): readonly Mistake[] {
  try {
    parseConfig(yaml, 'tocsin.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigMistakesError) return error.mistakes;
    throw error;
  }
}
