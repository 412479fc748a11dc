import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';

/** A probe asks once in a while; whoever holds more connections than this is none. */
const MOST_CONNECTIONS = 100;
const REQUEST_MS = 10_000;

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Whether work is being done: false before the first look at the feeds, and once the end has begun. */
  readonly isReady: () => boolean;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves /healthz (the process lives), /readyz (it works) and /metrics, for a probe beside it. It has no password:
 * it listens on 127.0.0.1 unless told otherwise, and shows numbers, never log content.
 * @throws what listening throws, such as EADDRINUSE
 */
export async function startHealthServer({
  host,
  port,
  metrics,
  isReady,
}: HealthServerOptions): Promise<HealthServer> {
  const answer = async ({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = url.split('?', 1)[0];
    if (method !== 'GET' && method !== 'HEAD') send(response, 405, 'only GET and HEAD\n');
    else if (path === '/healthz') send(response, 200, 'ok\n');
    else if (path === '/readyz') send(response, isReady() ? 200 : 503, isReady() ? 'ready\n' : 'not ready\n');
    else if (path === '/metrics') send(response, 200, await metrics.text(), metrics.contentType);
    else send(response, 404, 'there are /healthz, /readyz and /metrics\n');
  };
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, response).catch(() => send(response, 500, 'internal error\n'));
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Such as too many open files: one probe is lost, not the detector.
      server.on('error', () => undefined);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
