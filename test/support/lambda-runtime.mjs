// What Lambda is to a function, for the tests: imports the handler in the file that is named, and calls it as the parent
// process asks. The clock may go ahead.
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [, , file = '', aheadMs = '0'] = process.argv;
const now = Date.now;
Date.now = () => now() + Number(aheadMs);
const { handler } = await import(pathToFileURL(file).href);

process.on('message', async ({ id, event, timeoutMs }) => {
  const end = Date.now() + timeoutMs;
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => end - Date.now() };
  try {
    process.send?.({ id, answer: (await handler(event, context)) ?? null });
  } catch (error) {
    process.send?.({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// Since the process was started.
process.send?.({ startedMs: performance.now() });
