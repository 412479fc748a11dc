import {
  DeliveryError,
  type Delivery,
  type Destination,
  type MessageKind,
} from '../../destinations/destination.js';
import {
  createDestination,
  createHttpClient,
  kindsOf,
  resolveSecrets,
  type DestinationOptions,
  type SecretSource,
} from '../../destinations/index.js';

/** Secrets are read anew after this time, so that a changed one is used without a deployment. */
const SECRETS_LIVE_MS = 5 * 60_000;

export interface DestinationsDeps {
  readonly secrets: SecretSource;
  readonly now: () => number;
  readonly print: (line: string) => Promise<void>;
}

/**
 * Destinations that are made when the first alert goes there. One whose secret is not set yet, or cannot be read, keeps
 * its alerts waiting and holds up no other.
 */
export function lazyDestinations(
  configured: Readonly<Record<string, DestinationOptions>>,
  deps: DestinationsDeps,
): ReadonlyMap<string, Destination> {
  const http = createHttpClient();
  return new Map(
    Object.entries(configured).map(([name, options]) => [
      name,
      new LazyDestination(name, kindsOf(options), deps.now, async () => {
        const { secrets } = await resolveSecrets(name, options, deps.secrets);
        return createDestination(name, options, { http, now: deps.now, secrets, print: deps.print });
      }),
    ]),
  );
}

class LazyDestination implements Destination {
  private made: { readonly destination: Destination; readonly at: number } | undefined;

  constructor(
    readonly name: string,
    readonly kinds: ReadonlySet<MessageKind>,
    private readonly now: () => number,
    private readonly make: () => Promise<Destination>,
  ) {}

  async deliver(delivery: Delivery): Promise<string | undefined> {
    return (await this.current()).deliver(delivery);
  }

  private async current(): Promise<Destination> {
    if (this.made !== undefined && this.now() - this.made.at < SECRETS_LIVE_MS) return this.made.destination;
    try {
      this.made = { destination: await this.make(), at: this.now() };
      return this.made.destination;
    } catch (error) {
      // What was read before is better than nothing while the secret store does not answer.
      if (this.made !== undefined) return this.made.destination;
      throw new DeliveryError(error instanceof Error ? error.message : String(error), 'retry');
    }
  }
}
