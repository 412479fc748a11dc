/**
 * JSON on several lines. CDKTF writes such a text into HCL as it is, as a heredoc; one line it puts between quotes
 * without escaping those in it.
 */
export const jsonText = (value: unknown): string => JSON.stringify(value, null, 2);
