import { createHash } from 'node:crypto';

const STYLE = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:#f3f5f8;color:#1b2430;
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:24rem;padding:2rem;background:#fff;border:1px solid #d8dee7;border-radius:12px;
box-shadow:0 8px 30px rgba(20,35,60,.08)}
h1{margin:0;font-size:1.375rem;line-height:1.3}
.about{margin:.25rem 0 1.5rem;color:#56627a}
label{display:block;margin:1rem 0 .375rem;font-weight:600}
input{width:100%;padding:.7rem .8rem;border:1px solid #8a96aa;border-radius:8px;background:#fff;color:inherit;font:inherit}
button{width:100%;margin-top:1.5rem;padding:.8rem;border:0;border-radius:8px;background:#1f4fd8;color:#fff;font:inherit;
font-weight:600;cursor:pointer}
button:hover{background:#183fae}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #8fb0ff;outline-offset:2px}
.fault{margin:0 0 1rem;padding:.7rem .85rem;border-left:4px solid #b3261e;border-radius:4px;background:#fdecea;color:#7d1710}
.more{margin:1.25rem 0 0;text-align:center}
a{color:#1f4fd8}
@media (prefers-color-scheme:dark){
body{background:#11161d;color:#e6ebf2}
main{background:#1a212b;border-color:#303a48;box-shadow:none}
.about{color:#a4b0c3}
input{background:#11161d;border-color:#66738a}
button{background:#3d6cf0}
button:hover{background:#5580f5}
.fault{background:#3a1a19;color:#ffb4ab;border-color:#ff897d}
a{color:#9db8ff}
}`;

/** The style is named by its hash, nothing else is loaded, and nothing runs. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function logInPage({ next, name = '', fault }: { next: string; name?: string; fault?: string }): string {
  return page(
    'Log in',
    `<h1>HFT71 Relay</h1>
<p class="about">Log in to see the queues.</p>
${fault === undefined ? '' : `<p class="fault" role="alert">${escaped(fault)}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${escaped(next)}">
<label for="name">Name</label>
<input id="name" name="name" value="${escaped(name)}" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="200" required${name === '' ? ' autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000"
 required${name === '' ? '' : ' autofocus'}>
<button type="submit">Log in</button>
</form>`,
  );
}

/** Ending a session changes something, so it takes a button and not just a link. */
export function logOutPage(): string {
  return page(
    'Log out',
    `<h1>HFT71 Relay</h1>
<p class="about">This ends your session in this browser.</p>
<form method="post" action="/logout"><button type="submit">Log out</button></form>
<p class="more"><a href="/board">Back to the queues</a></p>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – HFT71 Relay</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
  return text.replace(/[&<>"']/g, (character) => `&${names[character]};`);
}
