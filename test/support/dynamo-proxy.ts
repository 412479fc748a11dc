import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What the proxy does with a call: passes it on; passes it on and `loses` the answer; never answers; cuts the
 * connection; or answers itself, with an error of DynamoDB or with something else.
 */
export type Verdict =
  | 'pass'
  | 'lose'
  | 'hang'
  | 'cut'
  | { readonly status: number; readonly error: string; readonly message?: string }
  | { readonly status: number; readonly html: string };

export interface DynamoCall {
  /** Such as `PutItem`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** From 1: which attempt of the client this is. */
  readonly attempt: number;
}

export interface DynamoProxy {
  readonly url: string;
  /** In order of arrival, those that the client repeats too. */
  readonly calls: readonly DynamoCall[];
  close: () => Promise<void>;
}

/** A real server before a DynamoDB, that does to calls what a test says. @param decide the second argument counts from 0 */
export async function startDynamoProxy(
  target: string,
  decide: (call: DynamoCall, index: number) => Verdict | Promise<Verdict> = () => 'pass',
): Promise<DynamoProxy> {
  const calls: DynamoCall[] = [];
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await bytesOf(incoming);
      const call = {
        operation: String(incoming.headers['x-amz-target']).split('.')[1] ?? '',
        attempt: Number(/attempt=(\d+)/.exec(String(incoming.headers['amz-sdk-request']))?.[1]),
        input: JSON.parse(body.toString()) as Record<string, unknown>,
      };
      calls.push(call);
      const verdict = await decide(call, calls.length - 1);
      if (verdict === 'hang') return;
      if (verdict === 'cut') incoming.socket.destroy();
      else if (typeof verdict === 'object') answer(outgoing, verdict);
      else await pass(target, incoming, body, verdict === 'pass' ? outgoing : undefined);
    })().catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(outgoing: ServerResponse, verdict: Extract<Verdict, { status: number }>): void {
  if ('html' in verdict) {
    outgoing.writeHead(verdict.status, { 'content-type': 'text/html' }).end(verdict.html);
    return;
  }
  const { status, error, message = 'as the test wanted' } = verdict;
  const type = error.includes('#') ? error : `com.amazonaws.dynamodb.v20120810#${error}`;
  outgoing
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    .end(JSON.stringify({ __type: type, message }));
}

/** @param outgoing takes the answer; without it, the connection is cut once the call is done */
async function pass(target: string, incoming: IncomingMessage, body: Buffer, outgoing?: ServerResponse) {
  const { method, headers, socket } = incoming;
  const onward = send(target, { method, headers, agent: false }).end(body);
  const [response] = (await once(onward, 'response')) as [IncomingMessage];
  const received = await bytesOf(response);
  if (outgoing === undefined) socket.destroy();
  else outgoing.writeHead(response.statusCode ?? 500, response.headers).end(received);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
