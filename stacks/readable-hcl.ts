/** Where a text of several lines begins: what follows is not ours to change. */
const HEREDOC = /<<-?(\w+)$/;
/** CDKTF puts quotes around a reference that Terraform wants without. */
const PROVIDER = /^provider = "(aws(?:\.[\w-]+)?)"$/;

/** What CDKTF writes as HCL, with the indentation that people read it by. It means the same. */
export function readableHcl(text: string): string {
  const lines: string[] = [];
  let depth = 0;
  let heredoc: string | undefined;
  for (const raw of text.split('\n')) {
    if (heredoc !== undefined) {
      lines.push(raw);
      if (raw.trim() === heredoc) heredoc = undefined;
      continue;
    }
    const line = raw.trim().replace(PROVIDER, 'provider = $1');
    if (line === '' && (lines.at(-1) ?? '') === '') continue;
    if (/^[\]})]/.test(line)) depth--;
    lines.push(line === '' ? '' : '  '.repeat(Math.max(0, depth)) + line);
    if (/[[{(]$/.test(line)) depth++;
    heredoc = HEREDOC.exec(line)?.[1];
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
