import { loadAws } from '../cloud/aws/configured.js';
import { readSecret, type SecretInput } from '../cloud/aws/secret-input.js';
import { putSecret, secretNamed } from '../cloud/aws/secrets.js';
import type { Command } from '../command.js';
import { EXIT } from '../errors.js';
import { palette } from '../output/colors.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';

export interface SecretsSetOptions {
  /** The NAME in `secret:NAME`. */
  readonly name: string;
}

/** Sets the value of a secret in the cloud's store. It comes from standard input, or is asked for on a terminal. */
export const secretsSet = secretsSetFrom(process.stdin);

export function secretsSetFrom(input: SecretInput): Command<SecretsSetOptions> {
  return async (options, deps) => {
    const { topology, accounts } = await loadAws(deps.cwd, options.config);
    const secret = secretNamed(topology, options.name);
    const { place } = topology.detector;
    // Nobody types a secret for an account that cannot be reached.
    await accounts.at(place);
    const value = await readSecret(input, (text) => deps.err.write(text));
    const { arn, version } = await putSecret(topology, accounts, secret, value);
    const { account, accountId, region } = place;
    if (options.json === true) {
      await deps.out.write(
        jsonLine({ secret: secret.reference, name: secret.name, arn, version, accountId, region }),
      );
    } else {
      const { green } = palette(deps.out);
      await deps.out.write(
        `${green('set')}  ${terminalText(`secret:${secret.reference}`)} in ${account} (${accountId}, ${region}): ${terminalText(secret.name)}\n`,
      );
    }
    return EXIT.done;
  };
}
