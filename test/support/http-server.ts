import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * What the server does with a request: answer, cut the connection, cut it in mid answer, never answer, or answer 200
 * without end.
 */
export type Reply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  | 'close'
  | 'cut'
  | 'hang'
  | 'endless';

export interface TestServer {
  /** Such as http://127.0.0.1:40123, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  /** Cuts what is open. */
  close(): Promise<void>;
}

export interface TestServerOptions {
  /** Speaks TLS with this key and certificate, in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * A real server on 127.0.0.1 that does as a test says.
 * @param reply is asked for every request; the second argument counts them from 0
 */
export async function startServer(
  reply: (request: ReceivedRequest, index: number) => Reply,
  { tls }: TestServerOptions = {},
): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body: Buffer.concat(parts).toString('utf8') };
      requests.push(received);
      perform(reply(received, requests.length - 1), request, response);
    });
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of waiting.splice(0)) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    port,
    requests,
    idle: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : waiting.push(resolve))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function perform(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply === 'hang') return;
  if (reply === 'close') {
    request.socket.destroy();
    return;
  }
  if (reply === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"ok":', () => request.socket.destroy());
    return;
  }
  if (reply === 'endless') {
    response.writeHead(200);
    const part = Buffer.alloc(16_384, 'x');
    const write = (): void => {
      if (!response.destroyed) response.write(part, write);
    };
    write();
    return;
  }
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}
