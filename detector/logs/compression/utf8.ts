import { TextDecoder } from 'node:util';

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_LE_MARK = Buffer.from([0xff, 0xfe]);
const UTF16_BE_MARK = Buffer.from([0xfe, 0xff]);
const MARKS = [UTF8_MARK, UTF16_LE_MARK, UTF16_BE_MARK];

const startsWith = (bytes: Buffer, mark: Buffer): boolean =>
  bytes.length >= mark.length && bytes.subarray(0, mark.length).equals(mark);

const mayBecomeMark = (bytes: Buffer): boolean =>
  MARKS.some((mark) => bytes.length < mark.length && mark.subarray(0, bytes.length).equals(bytes));

/** Drops the byte order mark of UTF-8; turns UTF-16, which must have one, into UTF-8. Other bytes pass unchanged. */
export async function* toUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  for await (let bytes of chunks) {
    if (head !== undefined) {
      bytes = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      head = mayBecomeMark(bytes) ? bytes : undefined;
      if (head !== undefined) continue;
      decoder = decoderFor(bytes);
      bytes = bytes.subarray(markLength(bytes));
    }
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
  const rest = decoder === undefined ? head : Buffer.from(decoder.decode());
  if (rest !== undefined && rest.length > 0) yield rest;
}

/** The same for content that is there as a whole. */
export function wholeToUtf8(bytes: Buffer): Buffer {
  const content = bytes.subarray(markLength(bytes));
  const decoder = decoderFor(bytes);
  return decoder === undefined ? content : Buffer.from(decoder.decode(content));
}

const markLength = (bytes: Buffer): number => MARKS.find((mark) => startsWith(bytes, mark))?.length ?? 0;

function decoderFor(bytes: Buffer): TextDecoder | undefined {
  if (startsWith(bytes, UTF16_LE_MARK)) return new TextDecoder('utf-16le', { ignoreBOM: true });
  if (startsWith(bytes, UTF16_BE_MARK)) return new TextDecoder('utf-16be', { ignoreBOM: true });
  return undefined;
}
