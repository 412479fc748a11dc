import { createHmac, randomBytes } from 'node:crypto';
import type { AlertBody } from '../../detector/destinations/body.js';
import { startServer, type ReceivedRequest, type TestServer } from './http-server.js';

/** A message of the detector, and when it came. */
export interface Heard {
  readonly body: AlertBody;
  readonly at: number;
}

/** A webhook's endpoint that takes alerts and checks who sent them. */
export class AlertHook {
  readonly heard: Heard[] = [];
  /** Requests whose signature is none of the key. */
  forged = 0;
  /** Called with each message before it is answered. */
  onMessage: (body: AlertBody) => void = () => undefined;
  private server: TestServer | undefined;

  private constructor(
    /** In the form of Standard Webhooks. */
    readonly secret: string,
  ) {}

  static async start(): Promise<AlertHook> {
    const hook = new AlertHook(`whsec_${randomBytes(32).toString('base64')}`);
    hook.server = await startServer((request) => {
      const body = JSON.parse(request.body) as AlertBody;
      if (!hook.isOurs(request)) hook.forged++;
      hook.heard.push({ body, at: Date.now() });
      hook.onMessage(body);
      return { status: 204 };
    });
    return hook;
  }

  get url(): string {
    return `${this.server?.url ?? ''}/alerts`;
  }

  /** Ids of the alerts that were raised since, in order; one that came twice is there twice. */
  raised(since = 0): readonly string[] {
    return this.heard
      .slice(since)
      .flatMap(({ body: { kind, alertId } }) => (kind === 'raised' ? [alertId] : []))
      .toSorted();
  }

  async close(): Promise<void> {
    await this.server?.close();
  }

  /** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  private isOurs({ headers, body }: ReceivedRequest): boolean {
    const key = Buffer.from(this.secret.replace('whsec_', ''), 'base64');
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  }
}
