/** The little of Markdown that our descriptions use: lines of a list, links and `code`. */
export function Text({ text }: { text: string }) {
  const lines = text.split('\n');
  const items = lines.filter((line) => line.startsWith('- '));
  if (items.length < lines.length) return <p>{inline(text)}</p>;
  return (
    <ul>
      {items.map((item) => (
        <li>{inline(item.slice(2))}</li>
      ))}
    </ul>
  );
}

function inline(text: string) {
  return text.split(/(\[`[^\]]+`\]\([^)]+\)|`[^`]+`)/).map((part) => {
    const link = /^\[`([^\]]+)`\]\(([^)]+)\)$/.exec(part);
    if (link) {
      return (
        <a href={link[2]}>
          <code>{link[1]}</code>
        </a>
      );
    }
    return part.startsWith('`') ? <code>{part.slice(1, -1)}</code> : part;
  });
}
