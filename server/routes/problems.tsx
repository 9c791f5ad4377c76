import { Hono } from 'hono';
import { html } from 'hono/html';
import { ERRORS, type ErrorCode, MakegoodError } from '../../errors';
import { codeOfPath, problemPath } from '../problems';

const STYLE = `:root{color-scheme:light dark;background:light-dark(#fff,#16181c);color:light-dark(#16181c,#e8eaed)}a{color:light-dark(#0b5cad,#7ab8f5)}body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;
padding:0 1.25rem}code{font-family:ui-monospace,monospace}h1{font-size:1.4rem;line-height:1.3}`;

/** What the `type` of a problem leads to: the sentence of the table, for people. */
export function problemRoutes(): Hono {
  const app = new Hono();
  app.get('/problems', (c) => {
    const problems = Object.entries(ERRORS).map(([code, error]) => ({ type: problemPath(code), code, ...error }));
    return c.json({ problems });
  });
  app.get('/problems/:slug', (c) => {
    const code = codeOfPath(c.req.param('slug'));
    if (!code) throw new MakegoodError('NOT_FOUND');
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    return c.html(html`<!doctype html>${<Explanation code={code} />}`);
  });
  return app;
}

function Explanation({ code }: { code: ErrorCode }) {
  const { status, title } = ERRORS[code];
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>{code}</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          <p>
            HTTP status {status}, code <code>{code}</code>. The member <code>detail</code> of the answer says what
            happened this time; <code>requestId</code> is what to quote when you ask for help.
          </p>
          <p>
            <a href="/problems">All problems</a> · <a href="/docs">API reference</a>
          </p>
        </main>
      </body>
    </html>
  );
}
