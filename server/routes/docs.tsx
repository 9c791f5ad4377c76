import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Document } from '../docs/document';
import { Reference } from '../docs/reference';

/** `/openapi.json` for machines and `/docs` for people, the one made of the other. */
export function docsRoutes(document: object): Hono {
  const app = new Hono();
  app.get('/openapi.json', (c) => c.json(document));
  app.get('/docs', (c) => {
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return c.html(html`<!doctype html>${<Reference document={document as Document} />}`);
  });
  return app;
}
