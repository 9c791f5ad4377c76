import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { PACKAGE_ROOT } from '../../package-root';

// The style sheet and the script are files as a browser reads them, in the package's own folder: nothing is bundled.
const FOLDER = join(PACKAGE_ROOT, 'server/page/assets');

/** `usage.css`, `usage.mjs`, `merge.mjs` and, where a product sets `MAKEGOOD_THEME_CSS` to a file's path, `theme.css`. */
export function assets(themePath: string | undefined): Hono {
  const app = new Hono();
  const serve = (name: string, path: string, type: string) =>
    app.get(`/${name}`, etag(), async (c) =>
      // Asked for again each time, and answered with 304: a new release shows at once.
      c.body(await readFile(path, 'utf8'), 200, {
        'Content-Type': `${type}; charset=utf-8`,
        'Cache-Control': 'no-cache',
      }),
    );
  serve('usage.css', join(FOLDER, 'usage.css'), 'text/css');
  for (const script of ['usage.mjs', 'merge.mjs']) serve(script, join(FOLDER, script), 'text/javascript');
  if (themePath) serve('theme.css', themePath, 'text/css');
  return app;
}
