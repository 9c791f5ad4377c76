/** The colours of a terminal, for the codes that the command line uses. */
const OPEN: Record<string, string> = {
  1: 'font-weight:700',
  2: 'opacity:.6',
  31: 'color:#ff7b72',
  32: 'color:#56d364',
  33: 'color:#e3b341',
  36: 'color:#79c0ff',
};

/** What a terminal would show of `text`, as a page. */
export function terminalPage(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what it looks for.
  const body = escaped.replace(/\x1b\[(\d+)m/g, (_, code: string) =>
    OPEN[code] ? `<span style="${OPEN[code]}">` : '</span>',
  );
  return `<body style="margin:0;background:#0d1117;color:#e6edf3"><pre style="font:15px/1.5 'DejaVu Sans Mono',monospace;margin:24px;width:max-content">${body}</pre>`;
}
