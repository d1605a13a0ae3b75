/**
 * The login page as HTML. It needs no scripts.
 * @param mistake what was wrong with the last try, as plain text; empty before the first try
 */
export function loginPage(mistake: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Minus One: log in</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="login.css" />
  </head>
  <body>
    <main>
      <h1>Minus One</h1>
      <form method="post" action="login">
        <label for="token">Access token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
          ${mistake ? 'aria-describedby="mistake" aria-invalid="true"' : ''} />
        ${mistake ? `<p id="mistake" role="alert">${mistake}</p>` : ''}
        <button>Log in</button>
      </form>
      <p>Whoever runs this server knows it: it is the ACCESS_TOKEN that it was started with.</p>
    </main>
  </body>
</html>
`
}
