import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { outcomeOfStatus, retryAfterMs, StatusError } from './classify.js';
import { DeliveryError } from './destination.js';
import { safeResponse, withoutSecrets } from './redact.js';
import { bareHost, checkedAddresses, checkedUrl, pinned, resolveHost, type Resolve } from './target.js';
import { oneLine } from './text.js';

/** What a destination may do on the network. */
export interface HttpPolicy {
  /** Name of the destination, for errors. */
  readonly destination: string;
  /** Plain http too. */
  readonly allowInsecure: boolean;
  /** Addresses that are not on the internet too. */
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  /** Texts that no error may repeat. */
  readonly secrets: readonly string[];
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
  readonly signal: AbortSignal;
  /** How much of the answer is read, in bytes; the rest is discarded. @default 65,536 */
  readonly mostBytes?: number;
}

/** An answer with a 2xx status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  readonly text: string;
  /** The answer was longer than what was read. */
  readonly truncated: boolean;
}

/** One client for all destinations; it keeps no connections. */
export interface HttpClient {
  /** @throws DeliveryError for everything but a 2xx answer; its texts are free of secrets, so it has no `cause` */
  send(request: HttpRequest, policy: HttpPolicy): Promise<HttpResponse>;
}

export interface HttpClientOptions {
  /** All addresses of a host, A and AAAA. @default the system's resolver */
  readonly resolve?: Resolve;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** Certificates trusted instead of those that Node trusts, in PEM. */
  readonly roots?: string;
}

const MOST_BYTES = 64 * 1024;

/**
 * Makes the client. It connects only to addresses that were checked: the host is resolved once, every address it has
 * must be on the internet, and the connection is pinned to them, so that a second answer of the DNS (rebinding) changes
 * nothing. TLS and the Host header still carry the name. Redirects are not followed; proxies are not used.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { resolve = resolveHost, now = Date.now, roots } = options;
  return {
    async send(request, policy) {
      const url = checkedUrl(request.url, policy);
      const timeout = AbortSignal.timeout(policy.timeoutMs);
      const signal = AbortSignal.any([request.signal, timeout]);
      let answer: HttpResponse;
      try {
        const addresses = await checkedAddresses(url, policy, resolve, signal);
        answer = await exchange(url, { ...request, signal }, pinned(addresses), roots);
      } catch (error) {
        throw networkFailure(error, url, policy, timeout.aborted);
      }
      const failure = statusFailure(answer, url, policy, now());
      if (failure !== undefined) throw failure;
      return answer;
    },
  };
}

/** Sends one request and reads the answer, whatever its status. */
function exchange(
  url: URL,
  request: HttpRequest,
  lookup: LookupFunction,
  roots: string | undefined,
): Promise<HttpResponse> {
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request({
      ...{ hostname: bareHost(url), port: url.port, path: `${url.pathname}${url.search}` },
      // Without an agent every request has its own connection, closed after the answer.
      ...{ method: request.method, lookup, signal: request.signal, agent: false },
      ...(secure && roots !== undefined ? { ca: roots } : {}),
      headers: {
        'user-agent': 'tocsin',
        accept: 'application/json',
        ...request.headers,
        ...(request.body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(request.body) }),
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => read(response, request.mostBytes ?? MOST_BYTES, resolve, reject));
    sent.end(request.body);
  });
}

function read(
  response: http.IncomingMessage,
  most: number,
  resolve: (answer: HttpResponse) => void,
  reject: (error: Error) => void,
): void {
  const { statusCode: status = 0, headers } = response;
  const parts: Buffer[] = [];
  let room = most;
  const finish = (truncated: boolean) =>
    resolve({ status, headers, text: Buffer.concat(parts).toString('utf8'), truncated });
  response.on('data', (chunk: Buffer) => {
    parts.push(chunk.subarray(0, room));
    room -= chunk.length;
    if (room >= 0) return;
    finish(true);
    response.destroy();
  });
  response.on('end', () => finish(false));
  response.on('error', reject);
  // After `end` or an error this changes nothing.
  response.on('close', () => reject(new Error('the answer was cut off')));
}

function networkFailure(error: unknown, url: URL, policy: HttpPolicy, timedOut: boolean): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { code = '', name, message } = innermost(error);
  const target = `Destination "${policy.destination}" (${url.host})`;
  const reason = oneLine(withoutSecrets(message, policy.secrets), 300);
  // Thrown by Node before a byte is sent, on a header or path that no attempt can send.
  const outcome = /^ERR_(?:INVALID_CHAR|INVALID_ARG|INVALID_HTTP_TOKEN|HTTP_INVALID|UNESCAPED)/.test(code)
    ? 'permanent'
    : 'retry';
  if (timedOut) {
    return new DeliveryError(`${target} did not answer within ${policy.timeoutMs / 1000} s.`, 'retry');
  }
  if (name === 'AbortError' || code === 'ABORT_ERR') {
    return new DeliveryError(`${target}: the attempt was ended before an answer came.`, 'retry');
  }
  const certificate = /CERT|TLS|SELF_SIGNED|UNABLE_TO_/.test(code);
  return new DeliveryError(
    `${target} ${certificate ? 'has a certificate that is not trusted' : 'could not be reached'}: ${reason}`,
    outcome,
  );
}

/** Where several addresses were tried, the first failure speaks for all. */
function innermost(error: unknown): NodeJS.ErrnoException {
  const { errors = [] } = error as Partial<AggregateError>;
  return (errors[0] ?? error) as NodeJS.ErrnoException;
}

function statusFailure(
  answer: HttpResponse,
  url: URL,
  policy: HttpPolicy,
  now: number,
): StatusError | undefined {
  const { status, headers, text, truncated } = answer;
  const outcome = outcomeOfStatus(status);
  if (outcome === 'delivered') return undefined;
  const isRedirect = status >= 300 && status < 400;
  return new StatusError(
    `Destination "${policy.destination}" (${url.host}) answered ${status}` +
      (isRedirect ? ', a redirect; redirects are not followed. Set the URL that it leads to.' : '.'),
    status,
    outcome,
    safeResponse(text, policy.secrets, truncated),
    outcome === 'retry' ? retryAfterMs(headers['retry-after'], now) : undefined,
  );
}
