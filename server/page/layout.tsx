import type { PropsWithChildren } from 'hono/jsx';

/** What every page of ours stands in. */
export interface Frame {
  readonly title: string;
  /** Of this answer's Content-Security-Policy: only what carries it runs. */
  readonly nonce: string;
  /** A product's own style sheet, after ours. */
  readonly themed: boolean;
  readonly returnUrl?: string | undefined;
}

export function Layout({ title, nonce, themed, returnUrl, children }: PropsWithChildren<Frame>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/usage/assets/usage.css" nonce={nonce} />
        {themed && <link rel="stylesheet" href="/usage/assets/theme.css" nonce={nonce} />}
        <script type="module" src="/usage/assets/usage.mjs" nonce={nonce} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <main id="main">
          {returnUrl && (
            <nav aria-label="Back">
              <a class="back" href={returnUrl}>
                <span aria-hidden="true">←</span> Back to {new URL(returnUrl).host}
              </a>
            </nav>
          )}
          {children}
        </main>
      </body>
    </html>
  );
}
