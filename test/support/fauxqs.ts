import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs, type FauxqsServer } from 'fauxqs';

export interface AwsCall {
  /** `ReceiveMessage`, `Publish`, `GetObject` and so on; of S3, PUT and GET of objects are told apart. */
  readonly action: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * What happens to a call: it passes, maybe with another body or to be answered with another; the connection is cut,
 * before the answer or after some bytes of it; nothing is answered, or no more after some bytes; or the proxy answers
 * itself.
 */
export type Verdict =
  | 'pass'
  | 'cut'
  | 'hang'
  | { readonly cutAfter: number }
  | { readonly stallAfter: number }
  | { readonly sendOn?: string; readonly change?: (answer: Buffer) => string | Buffer }
  | { readonly status: number; readonly body: string };

export type Decide = (call: AwsCall, index: number) => Verdict | Promise<Verdict>;

export const TEST_KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'none' };
export const REGION = 'us-east-1';

/** A real server before an emulator, that does to calls what a test says. */
export class AwsProxy {
  /** In order of arrival, those that a client repeats too. */
  readonly calls: AwsCall[] = [];
  decide: Decide = () => 'pass';
  /** Calls that nobody has answered, or given up. */
  pending = 0;
  private readonly server = createServer((incoming, outgoing) => {
    this.handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  });

  private constructor(private readonly target: string) {}

  static async before(target: string): Promise<AwsProxy> {
    const proxy = new AwsProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Calls of one action. */
  of(action: string): readonly AwsCall[] {
    return this.calls.filter((call) => call.action === action);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { headers, url: path = '/' } = incoming;
    const body = await bytesOf(incoming);
    const call = { action: actionOf(incoming, body), path, headers, body };
    this.calls.push(call);
    this.pending++;
    outgoing.once('close', () => this.pending--);
    const verdict = await this.decide(call, this.of(call.action).length - 1);
    if (verdict === 'hang') return;
    if (verdict === 'cut') incoming.socket.destroy();
    else if (typeof verdict === 'object' && 'status' in verdict) {
      outgoing.writeHead(verdict.status, { 'content-type': 'application/xml' }).end(verdict.body);
    } else await this.pass(incoming, verdict === 'pass' ? {} : verdict, body, outgoing);
  }

  private async pass(
    incoming: IncomingMessage,
    verdict: {
      cutAfter?: number;
      stallAfter?: number;
      sendOn?: string;
      change?: (answer: Buffer) => string | Buffer;
    },
    body: Buffer,
    outgoing: ServerResponse,
  ): Promise<void> {
    const { method, url: path, headers } = incoming;
    const sent = verdict.sendOn === undefined ? body : Buffer.from(verdict.sendOn);
    const { 'transfer-encoding': _, ...rest } = headers;
    const onward = send(this.target, {
      ...{ method, path, agent: false },
      headers: { ...rest, 'content-length': String(sent.length) },
    }).end(sent);
    outgoing.once('close', () => onward.destroy());
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const answer = await bytesOf(response);
    const { cutAfter, stallAfter, change } = verdict;
    const most = cutAfter ?? stallAfter;
    if (most !== undefined) {
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      outgoing.write(answer.subarray(0, most), () => {
        if (cutAfter !== undefined) setImmediate(() => incoming.socket.destroy());
      });
      return;
    }
    const given = change === undefined ? answer : Buffer.from(change(answer));
    outgoing
      .writeHead(response.statusCode ?? 500, {
        ...response.headers,
        'content-length': String(given.length),
      })
      .end(given);
  }
}

/** Resolves when it is so, which must be soon. */
export async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !isSo();) {
    if (Date.now() > deadline) throw new Error(`this did not come: ${String(isSo)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** An error as S3 and STS answer it. */
export const xmlError = (status: number, code: string, message = 'as the test wanted'): Verdict => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

/** An error as SQS answers it. */
export const jsonError = (status: number, code: string, message = 'as the test wanted'): Verdict => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }),
});

/** S3, SNS and SQS in memory, behind a proxy that can disturb them, with the real clients. */
export class FauxAws {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly s3: S3Client;

  private constructor(
    readonly emulator: FauxqsServer,
    readonly proxy: AwsProxy,
  ) {
    const config = { endpoint: proxy.url, region: REGION, credentials: TEST_KEYS };
    this.sqs = new SQSClient({ ...config, maxAttempts: 1 });
    this.sns = new SNSClient(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
  }

  static async start(): Promise<FauxAws> {
    const emulator = await startFauxqs({ port: 0, logger: false });
    return new FauxAws(emulator, await AwsProxy.before(emulator.address));
  }

  /** A queue, and one for its dead letters. @returns its address */
  queue(name: string, maxReceiveCount = 3): string {
    const { queueArn } = this.emulator.createQueue(`${name}-dead`);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn, maxReceiveCount });
    return this.emulator.createQueue(name, { attributes: { RedrivePolicy } }).queueUrl;
  }

  /** A topic that sends to a queue. @returns its ARN */
  topic(name: string, queue: string, isRaw: boolean): string {
    const { topicArn } = this.emulator.createTopic(name);
    this.emulator.subscribe({ topic: name, queue, attributes: { RawMessageDelivery: String(isRaw) } });
    return topicArn;
  }

  /** @returns its eTag, without quotes */
  async put(bucket: string, key: string, content: string | Uint8Array): Promise<string> {
    const { ETag = '' } = await this.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }),
    );
    return ETag.replaceAll('"', '');
  }

  /** Messages of a queue: those that anybody may take, and those that somebody has. */
  messages(queue: string): { readonly ready: readonly string[]; readonly held: readonly string[] } {
    const { ready = [], inflight = [] } = this.emulator.inspectQueue(queue)?.messages ?? {};
    return {
      ready: ready.map(({ body }) => body),
      held: inflight.map(({ message }) => message.body),
    };
  }

  async stop(): Promise<void> {
    for (const client of [this.sqs, this.sns, this.s3]) client.destroy();
    await this.proxy.close();
    await this.emulator.stop();
  }
}

/** The event that S3 sends for a new object, as its documentation shows it. */
export function s3Event(
  bucket: string,
  key: string,
  {
    size = 1,
    eTag = '',
    eventName = 'ObjectCreated:Put',
  }: { size?: number; eTag?: string; eventName?: string } = {},
): string {
  const encoded = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
  const record = {
    ...{ eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: REGION, eventName },
    eventTime: '2026-03-02T12:00:00.000Z',
    userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
    requestParameters: { sourceIPAddress: '198.51.100.7' },
    responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'example' },
    s3: {
      ...{ s3SchemaVersion: '1.0', configurationId: 'tocsin' },
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
        arn: `arn:aws:s3:::${bucket}`,
      },
      object: { key: encoded, size, eTag, sequencer: '0055AED6DCD90281E5' },
    },
  };
  return JSON.stringify({ Records: [record] });
}

function actionOf({ headers, method }: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.')[1] ?? '';
  const form = /^Action=(\w+)/.exec(body.subarray(0, 100).toString())?.[1];
  return form ?? (method === 'GET' ? 'GetObject' : method === 'PUT' ? 'PutObject' : `S3 ${method ?? ''}`);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
