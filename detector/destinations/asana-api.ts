import { z } from 'zod';
import { DeliveryError } from './destination.js';
import type { HttpClient, HttpPolicy, HttpRequest } from './http.js';
import { jsonLine } from './text.js';

const OBJECT = z.object({ data: z.object({ gid: z.string().regex(/^\d{1,32}$/) }) });
const CUSTOM_FIELDS = z.array(z.object({ gid: z.string(), text_value: z.string().nullish() }));
const LIST = z.object({
  data: z.array(
    z.object({
      gid: z.string(),
      notes: z.string().nullish(),
      text: z.string().nullish(),
      custom_fields: CUSTOM_FIELDS.nullish(),
    }),
  ),
  next_page: z.object({ offset: z.string() }).nullish(),
});
type Listed = z.infer<typeof LIST>['data'][number];

/** A page of tasks with their notes; other people's can be long. */
const PAGE_SIZE = 50;
const MOST_PAGE_BYTES = 4 * 1024 * 1024;
/** A look-up ends after 2,000 entries: a second task is better than none. */
const MOST_PAGES = 40;

/** Where an entry bears its mark: in the last line of its notes or text, or in a custom field, by gid. */
export type MarkPlace = 'notes' | 'text' | { readonly customField: string };

/** The few calls of the Asana API that are needed. @see https://developers.asana.com/reference/rest-api-reference */
export interface AsanaApi {
  /** @returns the gid; undefined where the answer does not tell it */
  create(path: string, data: object, signal: AbortSignal): Promise<string | undefined>;
  change(path: string, data: object, signal: AbortSignal): Promise<void>;
  /** The first entry of a list with this mark. */
  findMarked(
    path: string,
    place: MarkPlace,
    marker: string,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

export function asanaApi(http: HttpClient, policy: HttpPolicy, baseUrl: string, token: string): AsanaApi {
  const headers = { authorization: `Bearer ${token}` };
  const send = async (request: Omit<HttpRequest, 'url' | 'headers'>, path: string): Promise<unknown> => {
    const url = new URL(`/api/1.0${path}`, baseUrl).href;
    const { text } = await http.send({ ...request, url, headers }, policy);
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  return {
    async create(path, data, signal) {
      const answer = await send({ method: 'POST', body: jsonLine({ data }), signal }, path);
      return OBJECT.safeParse(answer).data?.data.gid;
    },
    async change(path, data, signal) {
      await send({ method: 'PUT', body: jsonLine({ data }), signal }, path);
    },
    async findMarked(path, place, marker, signal) {
      let offset: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const query = new URLSearchParams({ opt_fields: fieldsAt(place), limit: String(PAGE_SIZE) });
        if (offset !== undefined) query.set('offset', offset);
        const full = `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
        const answer = await send({ method: 'GET', signal, mostBytes: MOST_PAGE_BYTES }, full);
        const list = LIST.safeParse(answer).data;
        if (list === undefined) {
          throw new DeliveryError(
            `Destination "${policy.destination}": the answer is not one of Asana.`,
            'retry',
          );
        }
        const found = list.data.find((entry) => markAt(entry, place) === marker);
        if (found !== undefined) return found.gid;
        offset = list.next_page?.offset;
        if (offset === undefined) return undefined;
      }
      return undefined;
    },
  };
}

const fieldsAt = (place: MarkPlace): string =>
  typeof place === 'string' ? place : 'custom_fields.gid,custom_fields.text_value';

/** Only the last line counts: text out of logs stands before it and cannot pass for the mark of another alert. */
function markAt(entry: Listed, place: MarkPlace): string {
  if (typeof place === 'string') return (entry[place] ?? '').trimEnd().split('\n').at(-1)?.trim() ?? '';
  return entry.custom_fields?.find(({ gid }) => gid === place.customField)?.text_value ?? '';
}
