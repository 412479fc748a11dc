import { createAsana } from './asana.js';
import { referencesIn } from './secrets.js';
import { DestinationSetupError } from './setup-error.js';
import type { Destination } from './destination.js';
import { createFile } from './file.js';
import type { DestinationDeps, DestinationOptions } from './options.js';
import { createPagerduty } from './pagerduty.js';
import { createSlack } from './slack.js';
import { createStdout } from './stdout.js';
import { createWebhook } from './webhook.js';

export { createHttpClient, type HttpClient, type HttpClientOptions } from './http.js';
export { kindsOf } from './kinds.js';
export { DESTINATION_OPTIONS, type DestinationDeps, type DestinationOptions } from './options.js';
export {
  processSecrets,
  referencesIn,
  resolveSecrets,
  SECRET_REFERENCE,
  type ResolvedSecrets,
  type Secrets,
  type SecretSource,
} from './secrets.js';
export { DestinationSetupError } from './setup-error.js';

/**
 * Makes a destination out of its options in `tocsin.yaml`. Nothing is sent.
 * @param name the one in `tocsin.yaml`
 * @throws DestinationSetupError for a secret that is of no use, such as a webhook URL that is none
 */
export function createDestination(
  name: string,
  options: DestinationOptions,
  deps: DestinationDeps,
): Destination {
  for (const [option] of referencesIn(options)) {
    if (deps.secrets[option] === undefined) {
      throw new DestinationSetupError(
        name,
        option,
        'its secret was not resolved.',
        'Hand in what resolveSecrets returned for these options.',
      );
    }
  }
  switch (options.type) {
    case 'slack':
      return createSlack(name, options, deps);
    case 'pagerduty':
      return createPagerduty(name, options, deps);
    case 'asana':
      return createAsana(name, options, deps);
    case 'webhook':
      return createWebhook(name, options, deps);
    case 'file':
      return createFile(name, options);
    case 'stdout':
      return createStdout(name, options, deps);
  }
}
