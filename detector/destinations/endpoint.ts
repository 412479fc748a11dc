import { DestinationSetupError } from './setup-error.js';

/** An http or https URL without user, password and fragment. */
export function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '' && hash === '';
}

export const isPlainHttp = (text: string): boolean =>
  URL.canParse(text) && new URL(text).protocol === 'http:';

/**
 * A URL out of a secret. The check of the configuration did not see it; so it is looked at when its destination is made,
 * not with the first alert.
 * @param wanted what to put there instead of one that is of no use; one imperative sentence
 * @throws DestinationSetupError which does not show the URL
 */
export function secretEndpoint(
  url: string,
  { destination, option, wanted }: Readonly<Record<'destination' | 'option' | 'wanted', string>>,
  { allowInsecure }: { readonly allowInsecure: boolean },
): string {
  if (!isEndpoint(url)) {
    throw new DestinationSetupError(destination, option, 'the secret is no URL that can be used.', wanted);
  }
  if (isPlainHttp(url) && !allowInsecure) {
    throw new DestinationSetupError(
      destination,
      option,
      'the secret is a URL of plain http, which would send alerts unprotected.',
      'Put an https URL there, or set allowInsecure: true for this destination.',
    );
  }
  return url;
}
