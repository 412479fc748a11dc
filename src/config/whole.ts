import { z } from 'zod';

/**
 * A whole number between two others. Not `z.int()`: its fault ends the checks of everything around it, those that run
 * whatever is wrong included.
 */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.number().multipleOf(1).min(least).max(most).meta({ type: 'integer' });
