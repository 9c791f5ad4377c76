/** The reference's style sheet. It loads nothing: closed networks have no font servers. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#e3e6ea, #30353c); --quiet: light-dark(#5b6470, #a3adb9);
  --code: light-dark(#f4f5f7, #23272d); --link: light-dark(#0b5cad, #7ab8f5); --get: light-dark(#0b5cad, #7ab8f5);
  --post: light-dark(#1a7340, #6bd08f); background: light-dark(#fff, #16181c); color: light-dark(#16181c, #e8eaed); }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion) { html { scroll-behavior: auto; } }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 16rem minmax(0, 48rem);
  gap: 3rem; justify-content: center; }
nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 2rem 0 2rem 1.25rem; font-size: .9rem; }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--quiet); margin: 1.4rem 0 .3rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none; }
nav a:hover { text-decoration: underline; }
.brand { font-weight: 650; margin: 0; }
main { padding: 2rem 1.25rem 6rem 0; }
h1 { font-size: 1.9rem; margin: 0 0 1rem; } h1 small { font-size: 1rem; font-weight: 400; color: var(--quiet); }
main h2 { margin: 3rem 0 0; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
article { padding: 1.4rem 0; border-bottom: 1px solid var(--line); }
h3 { margin: 0 0 .4rem; }
p { margin: .4rem 0; }
a { color: var(--link); }
code { font: .88em ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
p code, td code, li code { background: var(--code); border-radius: 4px; padding: .1em .3em; }
.call { display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap; }
.call b { font-size: .8rem; letter-spacing: .04em; } .call .get { color: var(--get); } .call .post { color: var(--post); }
.scope { font-size: .8rem; color: var(--quiet); border: 1px solid var(--line); border-radius: 99px; padding: 0 .6rem; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0 0; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); }
th { width: 11rem; font-weight: 400; } td p { margin: .1rem 0; } td ul { margin: 0; padding-left: 1.1rem; }
.type { color: var(--quiet); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; max-height: none; padding: 1.25rem; }
  main { padding: 0 1.25rem 4rem; } th { width: 8rem; } }
`;
