import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/**
 * Reads secrets by the name in `secret:NAME`.
 * @param names their names in Secrets Manager
 */
export function storedSecretReader(client: SecretsManagerClient, names: Readonly<Record<string, string>>) {
  return async (reference: string): Promise<string | undefined> => {
    const SecretId = Object.hasOwn(names, reference) ? names[reference] : undefined;
    if (SecretId === undefined)
      throw new Error(`the stacks were synthesized without the secret ${reference}.`);
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      return SecretString;
    } catch (error) {
      // A secret that was made and never set has no current version.
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
}
