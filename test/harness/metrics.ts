/** The value of a metric, by its name and labels; nothing where it is not there yet. Of several the first. */
export async function metric(
  port: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number | undefined> {
  const lines = (await scrape(port)).split('\n');
  const line = lines.find(
    (text) =>
      (text.startsWith(`${name}{`) || text.startsWith(`${name} `)) &&
      Object.entries(labels).every(([label, value]) => text.includes(`${label}="${value}"`)),
  );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

export async function scrape(port: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}
